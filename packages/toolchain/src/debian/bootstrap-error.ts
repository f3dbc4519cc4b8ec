import type { DebianSource } from '@orchestrate/config'
import { assertNever, closest, compareCodeUnits, type EnvironmentError, environmentError } from '@orchestrate/core'
import type { BootstrapProblem } from './bootstrap-log.ts'
import type { BootstrapFault } from './run-mmdebstrap.ts'

export interface FailedBootstrap {
  readonly name: string
  readonly source: DebianSource
  readonly locked: ReadonlyMap<string, string> | null
}

/** What a failed bootstrap means to the user, and what to do about it. */
export function bootstrapError(failed: FailedBootstrap, fault: BootstrapFault): EnvironmentError {
  switch (fault.kind) {
    case 'store':
      return fault.error
    case 'cancelled':
      return environmentError({ id: 'toolchain/cancelled', message: `the bootstrap of toolchain "${failed.name}" was stopped` })
    case 'problem':
      return problemError(failed, fault.problem)
    default:
      return assertNever(fault)
  }
}

/** An error that names the packages whose versions are not the locked ones, or null when all are. */
export function versionsDiffer(
  name: string,
  locked: ReadonlyMap<string, string>,
  found: ReadonlyMap<string, string>,
): EnvironmentError | null {
  const names = [...new Set([...locked.keys(), ...found.keys()])].toSorted(compareCodeUnits)
  const details = names
    .filter((item) => locked.get(item) !== found.get(item))
    .map((item) => `${item}: locked ${locked.get(item) ?? 'not at all'}, got ${found.get(item) ?? 'none'}`)
  if (details.length === 0) return null
  return environmentError({
    kind: 'integrity',
    id: 'toolchain/identity-differs',
    message: `toolchain "${name}" came out with other packages than builder.lock holds`,
    details,
    help: updateHelp(name),
  })
}

function problemError({ name, source, locked }: FailedBootstrap, problem: BootstrapProblem): EnvironmentError {
  const subject = `toolchain "${name}"`
  switch (problem.kind) {
    case 'versions-gone':
      return versionsGone(name, locked ?? new Map(), problem.available)
    case 'unknown-packages':
      return environmentError({
        id: 'toolchain/unknown-package',
        message: `${quoted(problem.packages)}: no such package in suite "${source.suite}" (${subject})`,
        details: problem.packages.flatMap((item) => suggestion(item, problem.known)),
        help: 'correct the name in `debian.packages`',
      })
    case 'unknown-suite':
      return environmentError({
        id: 'toolchain/unknown-suite',
        message: `the mirror has no suite "${source.suite}" (${subject})`,
        details: [`looked in ${problem.repository}`],
        help: 'correct `debian.suite`, or set `debian.mirror` to a mirror that has it',
      })
    case 'unreachable':
      return environmentError({
        id: 'toolchain/mirror-unreachable',
        message: `the package mirror of ${subject} cannot be reached`,
        details: [`${problem.address}: ${problem.reason}`],
        help: 'check the network and the proxy variables, or set `debian.mirror`',
      })
    case 'untrusted':
      return environmentError({
        kind: 'integrity',
        id: 'toolchain/mirror-untrusted',
        message: `the package lists for ${subject} are not signed by a key that this machine trusts`,
        details: [problem.reason],
        help: 'install or update the package debian-archive-keyring, or check `debian.mirror`',
      })
    case 'disk-full':
      return environmentError({
        id: 'toolchain/disk-full',
        message: `no space is left on the device while bootstrapping ${subject}`,
        help: 'free some space in the store or the temporary directory, or move the store with ORCHESTRATE_STORE',
      })
    case 'not-permitted':
      return notPermitted(subject, problem)
    case 'tool-missing':
      return environmentError({
        id: 'toolchain/mmdebstrap-missing',
        message: `${subject} is bootstrapped with mmdebstrap, but "${problem.tool}" is not installed`,
        help: `install the package ${UTIL_LINUX.has(problem.tool) ? 'util-linux' : 'mmdebstrap (apt-get install mmdebstrap)'}`,
      })
    case 'base-outdated':
      return environmentError({
        id: 'toolchain/mirror-changing',
        message: `the package lists for ${subject} changed while it was bootstrapped`,
        help: 'try again',
      })
    case 'unsatisfiable':
    case 'other':
      return environmentError({
        id: 'toolchain/bootstrap-failed',
        message: `${subject} could not be bootstrapped from suite "${source.suite}"`,
        details: problem.lines,
        help: problem.kind === 'other' ? null : 'the declared packages cannot be installed together: change `debian.packages`',
      })
    default:
      return assertNever(problem)
  }
}

function notPermitted(subject: string, { missing, line }: Extract<BootstrapProblem, { kind: 'not-permitted' }>): EnvironmentError {
  const { what, help } = PERMISSIONS[missing ?? 'other']
  return environmentError({
    id: 'toolchain/not-permitted',
    message: `this user may not bootstrap ${subject}: ${what}`,
    details: [line],
    help: `${help}, or bootstrap it as root`,
  })
}

const UTIL_LINUX: ReadonlySet<string> = new Set(['setpriv', 'unshare', 'mount'])

const PERMISSIONS = {
  'user-namespaces': {
    what: 'namespaces are refused',
    help: 'allow them (sysctl kernel.unprivileged_userns_clone, user.max_user_namespaces, kernel.apparmor_restrict_unprivileged_userns; in a container, its seccomp profile)',
  },
  'subordinate-ids': {
    what: 'it has no subordinate ids',
    help: 'give it 65536 that nobody else has: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 USER',
  },
  uidmap: { what: 'newuidmap and newgidmap are missing', help: 'install the package uidmap (apt-get install uidmap)' },
  'map-auto': { what: 'unshare is too old to map subordinate ids', help: 'install util-linux 2.38 or newer' },
  other: {
    what: 'a mount is refused',
    help: 'allow user namespaces to mount, and install the package uidmap with entries for this user in /etc/subuid and /etc/subgid',
  },
} as const

function versionsGone(
  name: string,
  locked: ReadonlyMap<string, string>,
  available: ReadonlyMap<string, readonly string[]>,
): EnvironmentError {
  const gone = [...locked].filter(([item, version]) => !(available.get(item) ?? []).includes(version))
  return environmentError({
    id: 'toolchain/package-version-gone',
    message: `the mirror no longer has ${gone.length === 1 ? 'a package version' : `${gone.length} package versions`} that builder.lock holds for toolchain "${name}"`,
    details: gone.map(([item, version]) => `${item}: wanted ${version}, available ${available.get(item)?.[0] ?? 'none'}`),
    help: updateHelp(name),
  })
}

function updateHelp(name: string): string {
  return `run \`orchestrate lock --update ${name}\`, or pin the mirror by date with \`debian.snapshot\``
}

function suggestion(name: string, known: readonly string[]): readonly string[] {
  const near = closest(name, known)
  return near === null ? [] : [`did you mean "${near}"?`]
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(', ')
}
