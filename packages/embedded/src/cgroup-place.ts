import { posix } from 'node:path'

/** Reads cgroup files of this machine, or of a test. */
export interface CgroupFiles {
  /** The text of a file; null when it cannot be read. */
  read(path: string): string | null
  /** Whether this process may write to a file, or make directories in a directory. */
  canWrite(path: string): boolean
}

/** Where this process may make cgroups, by absolute directories. */
export interface CgroupPlace {
  /** Gets `pids.max`; null where no limit can be set. */
  readonly pids: string | null
  /** Counts kills for want of memory; the same directory as `pids` in cgroup v2. */
  readonly memory: string | null
  /** Gets the share of processors; the same directory as `pids` in cgroup v2. */
  readonly cpu: string | null
  /** Why there is no limit of processes, for users; null when there is one. */
  readonly reason: string | null
}

/**
 * Looks for directories in which cgroups can be made: below our own in v1; in v2 in the nearest of our own and its parents that
 * hands out the controller and is ours, because a cgroup that holds processes cannot.
 *
 * @see https://docs.kernel.org/admin-guide/cgroup-v2.html#delegation-containment
 */
export function findCgroupPlace(files: CgroupFiles): CgroupPlace {
  const mounts = parseMounts(files.read('/proc/self/mountinfo') ?? '')
  const own = parseMembership(files.read('/proc/self/cgroup') ?? '')
  const pids = findParent(files, { mounts, own }, 'pids')
  const memory = findParent(files, { mounts, own }, 'memory')
  const cpu = findParent(files, { mounts, own }, 'cpu')
  if (pids !== null) return { pids, memory, cpu, reason: null }
  return { pids, memory, cpu, reason: mounts.length === 0 ? 'no cgroup file system is mounted' : 'no cgroup is delegated to this user' }
}

/** A cgroup v2 hierarchy beside v1 that holds controllers: crun refuses such a machine unless it is hidden. */
export function findUnified(files: CgroupFiles): string | null {
  const path = '/sys/fs/cgroup/unified'
  return (files.read(`${path}/cgroup.controllers`) ?? '').trim() === '' ? null : path
}

interface CgroupMount {
  readonly version: 1 | 2
  /** The cgroup that is seen at `path`. */
  readonly root: string
  readonly path: string
  readonly controllers: readonly string[]
}

interface Surroundings {
  readonly mounts: readonly CgroupMount[]
  /** Our cgroup by controller; '' is v2. */
  readonly own: ReadonlyMap<string, string>
}

function findParent(files: CgroupFiles, { mounts, own }: Surroundings, controller: string): string | null {
  const v1 = mounts.find((mount) => mount.version === 1 && mount.controllers.includes(controller))
  if (v1 !== undefined) {
    const directory = directoryOf(v1, own.get(controller))
    return directory !== null && files.canWrite(directory) && files.canWrite(`${directory}/cgroup.procs`) ? directory : null
  }
  const v2 = mounts.find((mount) => mount.version === 2)
  if (v2 === undefined) return null
  return ancestors(v2, directoryOf(v2, own.get(''))).find((directory) => handsOut(files, directory, controller)) ?? null
}

/** Processes are moved below a directory by whoever may write to its `cgroup.procs`. */
function handsOut(files: CgroupFiles, directory: string, controller: string): boolean {
  const controllers = files.read(`${directory}/cgroup.subtree_control`) ?? ''
  return controllers.trim().split(' ').includes(controller) && files.canWrite(directory) && files.canWrite(`${directory}/cgroup.procs`)
}

function directoryOf(mount: CgroupMount, cgroup: string | undefined): string | null {
  if (cgroup === undefined) return null
  const below = posix.relative(mount.root, cgroup)
  return below.startsWith('..') ? null : posix.join(mount.path, below)
}

function ancestors(mount: CgroupMount, directory: string | null): readonly string[] {
  if (directory === null) return []
  return directory === mount.path ? [directory] : [directory, ...ancestors(mount, posix.dirname(directory))]
}

/** Lines of `id parent device root path options … - type source options`. @see proc_pid_mountinfo(5) */
function parseMounts(text: string): readonly CgroupMount[] {
  return text.split('\n').flatMap((line): readonly CgroupMount[] => {
    const [before = '', after = ''] = line.split(' - ')
    const [, , , root = '', path = ''] = before.split(' ')
    const [type, , options = ''] = after.split(' ')
    if (type === 'cgroup2') return [{ version: 2, root, path, controllers: [] }]
    return type === 'cgroup' ? [{ version: 1, root, path, controllers: options.split(',') }] : []
  })
}

/** Lines of `number:controllers:path`. @see cgroups(7) */
function parseMembership(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split('\n').flatMap((line) => {
      const [, controllers, ...path] = line.split(':')
      if (controllers === undefined) return []
      return controllers.split(',').map((controller): [string, string] => [controller, path.join(':')])
    }),
  )
}
