import { accessSync, constants, statfsSync } from 'node:fs'
import { join } from 'node:path'
import { formatBytes, type HostCheck, systemClock } from '@orchestrate/core'
import { openStore, storeLocation } from '@orchestrate/store'
import type { Host } from './host.ts'
import type { Invocation } from './invocation.ts'

/** What orchestrate needs besides an engine, in the order of what depends on what. */
export async function examineMachine({ host }: Invocation, signal: AbortSignal): Promise<readonly HostCheck[]> {
  signal.throwIfAborted()
  return [await examineStore(host), examineGit(host), examineBootstrap(host)]
}

/** Toolchains, artifacts and caches need room; with less than this a first apply is likely to fill the disk. */
const LITTLE_SPACE = 2 * 1024 ** 3

async function examineStore({ env, home }: Host): Promise<HostCheck> {
  const subject = 'store'
  const root = storeLocation(env, home)
  const opened = await openStore({ root, clock: systemClock })
  if (!opened.ok) return { subject, state: 'broken', message: opened.error.message, help: opened.error.help }
  await opened.value.close()
  const { bavail, bsize } = statfsSync(root)
  const free = bavail * bsize
  const message = `${root}, ${formatBytes(free)} free`
  return free < LITTLE_SPACE
    ? { subject, state: 'limited', message, help: 'make room, or set ORCHESTRATE_STORE to a directory with more of it' }
    : { subject, state: 'works', message, help: null }
}

function examineGit(host: Host): HostCheck {
  const path = findProgram(host, 'git')
  if (path !== null) return { subject: 'git', state: 'works', message: path, help: null }
  const message = 'not on PATH: what git ignores cannot be told'
  return { subject: 'git', state: 'limited', message, help: 'apt-get install git, or your system’s equivalent' }
}

/** Only toolchains of kind `debian` need it, and only where the store lacks them. */
function examineBootstrap(host: Host): HostCheck {
  const subject = 'bootstrap of Debian toolchains'
  const missing = BOOTSTRAP_PROGRAMS.filter(
    ({ program, forUsersOnly }) => (host.uid !== 0 || !forUsersOnly) && findProgram(host, program) === null,
  )
  if (missing.length === 0) return { subject, state: 'works', message: findProgram(host, 'mmdebstrap') ?? '', help: null }
  return {
    subject,
    state: 'limited',
    message: `not on PATH: ${missing.map(({ program }) => program).join(', ')}; toolchains that the store has are used`,
    help: `as root: apt-get install ${missing.map(({ debianPackage }) => debianPackage).join(' ')}`,
  }
}

const BOOTSTRAP_PROGRAMS = [
  { program: 'mmdebstrap', debianPackage: 'mmdebstrap', forUsersOnly: false },
  { program: 'newuidmap', debianPackage: 'uidmap', forUsersOnly: true },
] as const

/** Absolute path of a program that this process may start, or null. */
function findProgram({ env }: Host, name: string): string | null {
  const directories = (env['PATH'] ?? '').split(':').filter((directory) => directory.startsWith('/'))
  return directories.map((directory) => join(directory, name)).find(isExecutable) ?? null
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    // Absent, or not for us: the next directory may have it.
    return false
  }
}
