import { compareCodeUnits } from '@orchestrate/core'
import type { BuilderLimits } from '@orchestrate/execute'
import { overlayNames } from './box.ts'
import { CPU_PERIOD, quotaOf } from './cgroup.ts'
import type { ContainerMount, ContainerPlan } from './container-plan.ts'
import type { Rlimit } from './rlimits.ts'
import type { Host } from './runtime.ts'
import { seccompProfile } from './seccomp.ts'

/** What toolchains need to unpack archives, switch users and write to their own files; nothing that reaches the machine. */
const CAPABILITIES = ['CAP_CHOWN', 'CAP_DAC_OVERRIDE', 'CAP_FOWNER', 'CAP_SETGID', 'CAP_SETUID'] as const

/** Where the init process is mounted: /dev is a tmpfs, so that the root needs no mount point for it. */
const INIT_PATH = '/dev/.init'

const UMASK = 0o022

export interface DescriptionOptions {
  readonly host: Host
  /** As `process.arch` names it. */
  readonly architecture: string
  readonly rlimits: readonly Rlimit[]
}

/**
 * The config.json of a container.
 * @see https://github.com/opencontainers/runtime-spec/blob/main/config.md
 */
export function describeContainer(plan: ContainerPlan, { host, architecture, rlimits }: DescriptionOptions): object {
  const writable = host.upper !== 'none'
  return {
    ociVersion: '1.0.2',
    hostname: plan.hostname,
    process: {
      terminal: false,
      user: { ...plan.user, additionalGids: host.ids === 'single' ? [] : plan.user.additionalGids, umask: UMASK },
      cwd: plan.workdir,
      args: host.init === null ? plan.argv : [INIT_PATH, '--', ...plan.argv],
      env: [...plan.env].map(([name, value]) => `${name}=${value}`),
      noNewPrivileges: true,
      rlimits,
      capabilities: capabilities(plan.user.uid),
    },
    root: { path: writable ? `${plan.directory}/${overlayNames(host, null).merged}` : plan.root, readonly: !writable },
    mounts: [...kernelMounts(plan, host), ...plan.mounts.map((mount, index) => bind(plan, host, { mount, index })).toSorted(outerFirst)],
    linux: {
      ...isolation(plan, host),
      ...runtimeCgroup(plan, host),
      maskedPaths: plan.network === 'off' ? MASKED : [...MASKED, '/sys/fs/cgroup'],
      readonlyPaths: READ_ONLY,
      seccomp: seccompProfile(architecture),
    },
  }
}

/** As execve(2) would leave them: another uid has none, but uid 0 could have these again by a file. */
function capabilities(uid: number): object {
  const held = uid === 0 ? CAPABILITIES : []
  return { bounding: CAPABILITIES, effective: held, permitted: held, inheritable: [], ambient: [] }
}

/** In config.json's terms. */
interface OciMount {
  readonly destination: string
  readonly type: string
  readonly source: string
  readonly options: readonly string[]
}

const tmpfs = (destination: string, ...options: readonly string[]): OciMount => ({
  destination,
  type: 'tmpfs',
  source: 'tmpfs',
  options: ['nosuid', ...options],
})

function kernelMounts(plan: ContainerPlan, host: Host): readonly OciMount[] {
  return [
    { destination: '/proc', type: 'proc', source: 'proc', options: ['nosuid', 'noexec', 'nodev'] },
    tmpfs('/dev', 'mode=755', 'size=64m'),
    {
      destination: '/dev/pts',
      type: 'devpts',
      source: 'devpts',
      options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620'],
    },
    tmpfs('/dev/shm', 'noexec', 'nodev', 'mode=1777', 'size=64m'),
    { destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue', options: ['nosuid', 'noexec', 'nodev'] },
    plan.network === 'off'
      ? { destination: '/sys', type: 'sysfs', source: 'sysfs', options: ['nosuid', 'noexec', 'nodev', 'ro'] }
      : // A sysfs shows a network namespace, and this one belongs to the machine.
        { destination: '/sys', type: 'bind', source: '/sys', options: ['rbind', 'nosuid', 'noexec', 'nodev', 'rro'] },
    ...(host.init === null
      ? []
      : [{ destination: INIT_PATH, type: 'bind', source: host.init, options: ['bind', 'ro', 'nosuid', 'nodev'] }]),
    ...(host.upper === 'none' ? THROW_AWAY_PLACES : []),
  ]
}

/** What builders may write to where their root cannot take it. */
const THROW_AWAY_PLACES = [
  tmpfs('/tmp', 'nodev', 'mode=1777'),
  tmpfs('/var/tmp', 'nodev', 'mode=1777'),
  tmpfs('/root', 'nodev', 'mode=700'),
  tmpfs('/run', 'nodev', 'mode=755'),
]

/** `rro` also holds for whatever is mounted below a directory, where `ro` would not; runtimes take it for no file. */
function bind(plan: ContainerPlan, host: Host, { mount, index }: { readonly mount: ContainerMount; readonly index: number }): OciMount {
  const source = mount.access === 'throw-away' ? `${plan.directory}/${overlayNames(host, index).merged}` : mount.source
  const access = mount.access !== 'read-only' ? 'rw' : mount.kind === 'directory' ? 'rro' : 'ro'
  return { destination: mount.to, type: 'bind', source, options: ['rbind', access, 'nosuid', 'nodev'] }
}

function outerFirst(a: OciMount, b: OciMount): number {
  return compareCodeUnits(a.destination, b.destination)
}

/** With a single id, a builder of another uid gets a namespace in which that uid is the caller. */
function isolation({ network, user }: ContainerPlan, host: Host): object {
  const types = ['pid', 'ipc', 'uts', 'mount', ...(host.cgroupNamespace ? ['cgroup'] : []), ...(network === 'off' ? ['network'] : [])]
  const namespaces = types.map((type) => ({ type }))
  if (host.ids === 'subordinate' || (host.ids === 'single' && user.uid === 0 && user.gid === 0)) return { namespaces }
  const map = (id: number): object[] => [
    host.ids === 'root' ? { containerID: 0, hostID: 0, size: 65_536 } : { containerID: id, hostID: 0, size: 1 },
  ]
  return { namespaces: [...namespaces, { type: 'user' }], uidMappings: map(user.uid), gidMappings: map(user.gid) }
}

/** Beside the cgroup that is ours, of which the runtime could not make itself the owner. */
export const runtimeCgroupName = (id: string): string => `${id}-runtime`

/** Whether a cgroup of the runtime's own is to be expected. */
export const makesCgroup = ({ runtime, ids }: Pick<Host, 'runtime' | 'ids'>): boolean => runtime.kind !== 'crun' && ids === 'root'

/** crun is told to leave cgroups alone; the others make one where they may, and it must be told from those of other containers. */
function runtimeCgroup({ id, limits }: ContainerPlan, host: Host): object {
  if (!makesCgroup(host)) return {}
  return { cgroupsPath: `/${runtimeCgroupName(id)}`, resources: describeLimits(limits) }
}

/** @see https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config-linux.md#control-groups */
function describeLimits({ pids, memory, cpus }: BuilderLimits): object {
  return {
    pids: { limit: pids },
    ...(memory === null ? {} : { memory: { limit: memory } }),
    ...(cpus === null ? {} : { cpu: { period: CPU_PERIOD, quota: quotaOf(cpus) } }),
  }
}

const MASKED = [
  '/proc/acpi',
  '/proc/asound',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/sys/firmware',
  '/sys/devices/virtual/powercap',
]

const READ_ONLY = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger']
