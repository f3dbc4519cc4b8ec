import type { ContainerPlan } from './container-plan.ts'
import { STREAM_NAMES } from './container-streams.ts'
import type { Host, Tools } from './runtime.ts'

/** A program of this machine and its arguments. */
export interface BoxCommand {
  readonly file: string
  readonly args: readonly string[]
}

export interface BoxOptions {
  readonly host: Host
  readonly tools: Tools
  readonly plan: ContainerPlan
  /** `cgroup.procs` files that the box joins. */
  readonly cgroups: readonly string[]
  /** This machine's unified hierarchy beside cgroup v1, which crun refuses; null where there is none. */
  readonly unified: string | null
}

/**
 * One chain of processes, each replaced by or waiting for the next: when this process dies, so does the first of them, with it
 * the pid namespace and everything in it, and every mount goes with the mount namespace. Nothing outlives the box but files.
 *
 * It writes a line to its stdout when it has made the FIFOs of `ContainerStreams`, and later waits until both are read. What its
 * programs have to say goes to its stderr.
 */
export function boxCommand(options: BoxOptions): BoxCommand {
  const { host, tools } = options
  return {
    file: tools.setpriv,
    args: [
      '--pdeathsig',
      'KILL',
      tools.sh,
      '-c',
      UNLESS_ORPHANED,
      String(process.pid),
      tools.unshare,
      ...USER_NAMESPACE[host.ids],
      '--mount',
      '--pid',
      '--fork',
      '--kill-child=KILL',
      '--mount-proc',
      tools.sh,
      '-ec',
      boxScript(options),
    ],
  }
}

/** A death before the signal was asked for sends none: whose parent is another by then ends by itself. Takes the parent's pid and a command. */
const UNLESS_ORPHANED = 'test "$PPID" = "$0" && exec "$@"'

/** Runs something small where the box's ids are, for files that only they may touch. */
export function inUserNamespace(host: Pick<Host, 'ids'>, tools: Tools, argv: readonly string[]): BoxCommand {
  return { file: tools.unshare, args: [...USER_NAMESPACE[host.ids], ...argv] }
}

/** As root the runtime makes the user namespace, so that the overlay is mounted by root and takes every owner. */
const USER_NAMESPACE: { readonly [ids in Host['ids']]: readonly string[] } = {
  root: [],
  subordinate: ['--user', '--map-root-user', '--map-auto'],
  single: ['--user', '--map-root-user'],
}

function boxScript({ host, tools, plan, cgroups, unified }: BoxOptions): string {
  const mount = `${quote(tools.mount)} -n -i`
  return [
    ...cgroups.map((file) => `echo 0 > ${quote(file)}`),
    ...(unified !== null && host.runtime.kind === 'crun' ? [`${mount} -t tmpfs -o size=64k tmpfs ${quote(unified)}`] : []),
    `cd ${quote(plan.directory)}`,
    `mkfifo -m 622 ${STREAM_NAMES.stdout} ${STREAM_NAMES.stderr}`,
    'echo',
    ...overlays(host, plan, mount),
    `exec ${runtimeCommand(host, plan)} >${STREAM_NAMES.stdout} 2>${STREAM_NAMES.stderr}`,
  ].join('\n')
}

/** Directories of one overlay, as names in the container's directory: so no path needs escaping. */
export interface OverlayNames {
  readonly lower: string
  readonly upper: string
  readonly work: string
  readonly merged: string
}

/** Of the root file system for null, else of the mount of that number. */
export function overlayNames(host: Pick<Host, 'upper'>, mount: number | null): OverlayNames {
  const suffix = mount === null ? 'root' : String(mount)
  const scratch = host.upper === 'tmpfs' ? 'scratch/' : ''
  return { lower: `lower-${suffix}`, upper: `${scratch}upper-${suffix}`, work: `${scratch}work-${suffix}`, merged: `merged-${suffix}` }
}

/** Numbers of the mounts that are overlays, and null for the root. */
export function overlaysOf(host: Pick<Host, 'upper'>, plan: Pick<ContainerPlan, 'mounts'>): readonly (number | null)[] {
  if (host.upper === 'none') return []
  return [null, ...plan.mounts.flatMap(({ access }, index) => (access === 'throw-away' ? [index] : []))]
}

function overlays(host: Host, plan: ContainerPlan, mount: string): readonly string[] {
  const all = overlaysOf(host, plan).map((index) => overlayNames(host, index))
  const scratch =
    host.upper === 'tmpfs'
      ? [`${mount} -t tmpfs -o mode=700 tmpfs scratch`, `mkdir ${all.flatMap(({ upper, work }) => [upper, work]).join(' ')}`]
      : []
  // Nobody waits for a disk: what is written goes with the container.
  const more = host.ids === 'root' ? 'volatile' : 'volatile,userxattr'
  return [
    ...scratch,
    ...all.map(
      ({ lower, upper, work, merged }) =>
        `${mount} -t overlay overlay -o lowerdir=${lower},upperdir=${upper},workdir=${work},${more} ${merged}`,
    ),
  ]
}

function runtimeCommand({ runtime }: Host, { directory, id }: ContainerPlan): string {
  const inDirectory = (name: string): string => quote(`${directory}/${name}`)
  return [
    quote(runtime.path),
    `--root ${inDirectory('state')} --log ${inDirectory('log')} --log-format json`,
    ...(runtime.kind === 'crun' ? ['--cgroup-manager=disabled'] : []),
    `run --pid-file ${inDirectory('pid')} --bundle ${quote(directory)} ${quote(id)}`,
  ].join(' ')
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
