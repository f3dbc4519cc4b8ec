import { readFileSync } from 'node:fs'
import type { EnvironmentError, HostCheck } from '@orchestrate/core'
import { findExecutable } from './find-executable.ts'
import { findTools, noRuntime, runtimePaths } from './find-host.ts'
import { findInit } from './find-init.ts'
import type { FoundHost } from './host-search.ts'
import { hasSubordinateIds } from './subordinate-ids.ts'
import { explainRefusal, type MachineFacts } from './explain-refusal.ts'
import type { EmbeddedSession } from './session.ts'

/** Tries everything that containers need, what depends on what first; the last answer is that of a container that was started. */
export async function examineMachine(session: EmbeddedSession, signal: AbortSignal): Promise<readonly HostCheck[]> {
  const { search } = session
  const tools = findTools(search.searchPath)
  const runtimes = runtimePaths(search)
  if (!tools.ok) return [broken('tools', tools.error)]
  if (runtimes.length === 0) return [broken('runtime', noRuntime(search.runtime))]
  const found = await session.searchAgain(signal)
  if (!found.ok) return [works('runtime', runtimes.join(', ')), ...explain(session, found.error)]
  return [...describeHost(session, found.value), works('container start', 'a container was started and did as it was told')]
}

const works = (subject: string, message: string): HostCheck => ({ subject, state: 'works', message, help: null })
const limited = (subject: string, message: string, help: string): HostCheck => ({ subject, state: 'limited', message, help })
const broken = (subject: string, { message, details, help }: EnvironmentError): HostCheck => ({
  subject,
  state: 'broken',
  message: [message, ...details].join('; '),
  help,
})

function explain(session: EmbeddedSession, error: EnvironmentError): readonly HostCheck[] {
  const causes = explainRefusal(error.details, factsOf(session))
  return [...causes, broken('container start', { ...error, help: causes.length === 0 ? error.help : 'see above' })]
}

function describeHost({ search }: EmbeddedSession, { host }: FoundHost): readonly HostCheck[] {
  const { kind, version, path } = host.runtime
  return [
    works('runtime', kind === 'other' ? path : `${kind} ${version} (${path})`),
    describeIds(search, host.ids),
    host.upper === 'none'
      ? limited(
          'overlay',
          'none can be mounted: the root of builders is read-only, and writable sources are copied',
          'keep the store on ext4, xfs, btrfs or tmpfs with ORCHESTRATE_STORE, not on an overlay',
        )
      : works('overlay', host.upper === 'disk' ? 'on the disk of the store' : 'in memory: the file system of the store cannot hold one'),
    search.place.reason === null
      ? works('cgroup', [search.place.pids, search.place.memory].filter((place, index, all) => all.indexOf(place) === index).join(', '))
      : limited(
          'cgroup',
          `${search.place.reason}: the limit on processes is not enforced`,
          'start orchestrate in a delegated scope: systemd-run --user --scope -p Delegate=yes orchestrate …',
        ),
    describeInit(search.searchPath, host.init),
  ]
}

function describeIds(search: EmbeddedSession['search'], ids: FoundHost['host']['ids']): HostCheck {
  const subject = 'user namespace'
  if (ids === 'root') return works(subject, 'of root, without a capability outside')
  if (ids === 'subordinate') return works(subject, 'this user and its subordinate ids')
  const missing = ['newuidmap', 'newgidmap'].some((name) => findExecutable(name, search.searchPath) === null)
  return limited(
    subject,
    'this user alone: builders can give files to nobody else',
    missing
      ? 'as root: apt-get install uidmap'
      : hasSubordinateIds(search)
        ? 'the ranges in /etc/subuid and /etc/subgid are refused: look for overlaps'
        : `as root: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 $(id -un ${search.uid})`,
  )
}

function describeInit(searchPath: string, init: string | null): HostCheck {
  if (init !== null) return works('init', init)
  const there = findInit(searchPath)
  const message = there === null ? 'none' : `${there} does not work`
  return limited(
    'init',
    `${message}: a command that ignores SIGTERM is killed when its grace is over`,
    'as root: apt-get install catatonit',
  )
}

function factsOf({ search }: EmbeddedSession): MachineFacts {
  const status = textOf('/proc/self/status')
  return {
    uid: search.uid,
    seccomp: /^Seccomp:\s*2$/m.test(status),
    maxUserNamespaces: numberOf(textOf('/proc/sys/user/max_user_namespaces')),
    unprivilegedClone: numberOf(textOf('/proc/sys/kernel/unprivileged_userns_clone')),
    apparmorRestricts: numberOf(textOf('/proc/sys/kernel/apparmor_restrict_unprivileged_userns')),
    maskedProc: isProcMasked(textOf('/proc/self/mountinfo')),
  }
}

/** Something is mounted over a part of /proc: then no other proc may be mounted. @see proc_pid_mountinfo(5) */
function isProcMasked(mountinfo: string): boolean {
  return mountinfo.split('\n').some((line) => /^\S+ \S+ \S+ \S+ \/proc\/(?!sys\/fs\/binfmt_misc)/.test(line))
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    // This kernel has no such setting.
    return ''
  }
}

const numberOf = (text: string): number | null => (/^\d+\s*$/.test(text) ? Number(text) : null)
