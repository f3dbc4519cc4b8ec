import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import type { Readable } from 'node:stream'
import type { BuilderControl } from '@orchestrate/execute'
import { boxCommand, type BoxOptions } from './box.ts'
import { cgroupDirectories, countKillsOfMachine, makeCgroup, removeEverywhere } from './cgroup.ts'
import type { CgroupPlace } from './cgroup-place.ts'
import { noteCgroups, prepareOverlays } from './container-directory.ts'
import type { ContainerPlan } from './container-plan.ts'
import { containerStreams } from './container-streams.ts'
import { describeContainer, makesCgroup, runtimeCgroupName } from './describe-container.ts'
import { builderLimits } from './rlimits.ts'
import { readRuntimeLog } from './runtime-log.ts'
import type { Host, Tools } from './runtime.ts'

/** What containers are started with. */
export interface ContainerDeps {
  readonly host: Host
  readonly tools: Tools
  readonly place: CgroupPlace
  /** See `findUnified`. */
  readonly unified: string | null
  /** Called once when the process runs. */
  readonly onStarted?: () => void
}

export type ContainerEnd =
  | { readonly kind: 'ended'; readonly code: number; readonly outOfMemory: boolean; readonly stopped: boolean }
  /** Stopped before its process began. */
  | { readonly kind: 'never-started' }
  /** The runtime, or what comes before it, could not start the process: in its own words. */
  | { readonly kind: 'refused'; readonly words: readonly string[] }

/**
 * Runs a container to its end. Its directory exists; everything else that it is made of is made here and is gone afterwards,
 * but for files in that directory.
 */
export async function runContainer(plan: ContainerPlan, deps: ContainerDeps, control: BuilderControl): Promise<ContainerEnd> {
  if (control.stop.aborted || control.kill.aborted) return { kind: 'never-started' }
  const { host } = deps
  prepareOverlays(host, plan)
  const description = describeContainer(plan, { host, architecture: process.arch, rlimits: builderLimits() })
  writeFileSync(`${plan.directory}/config.json`, JSON.stringify(description))
  // Noted before they are there: a run that is killed in between leaves none that nobody knows of.
  noteCgroups(plan.directory, cgroupDirectories(deps.place, plan.id))
  const cgroup = makeCgroup(deps.place, plan.id, plan.limits)
  try {
    const killsBefore = countKillsOfMachine()
    const end = await followBox(plan, { ...deps, plan, cgroups: cgroup.join }, control)
    if (end.kind !== 'ended') return end
    const counted = makesCgroup(host) ? null : cgroup.outOfMemory()
    // Where no cgroup counts them, a kill that nobody of us sent while the machine ran out of memory was most likely this one.
    const outOfMemory = counted ?? (end.code === 137 && !end.stopped && countKillsOfMachine() > killsBefore)
    return { ...end, outOfMemory }
  } finally {
    await cgroup.remove()
    if (makesCgroup(host)) await removeEverywhere(runtimeCgroupName(plan.id))
  }
}

type BoxEnd = Exclude<ContainerEnd, { kind: 'ended' }> | { readonly kind: 'ended'; readonly code: number; readonly stopped: boolean }

interface Followed extends BoxOptions {
  readonly onStarted?: () => void
}

/** Most bytes of the box's own words that are kept. */
const MOST_WORDS = 8192

/** The box is spawned by the main thread: its death signal belongs to the thread that made it. @see PR_SET_PDEATHSIG(2const) */
async function followBox(plan: ContainerPlan, options: Followed, control: BuilderControl): Promise<BoxEnd> {
  const { file, args } = boxCommand(options)
  const child = spawn(file, args, { cwd: '/', detached: true, stdio: ['ignore', 'pipe', 'pipe'], env: BOX_ENVIRONMENT })
  const { onStarted } = options
  const words = collect(child.stderr)
  let heard = false
  const hear = (to: (chunk: Uint8Array) => void) => (chunk: Uint8Array) => {
    heard = true
    to(chunk)
  }
  const streams = containerStreams(plan.directory, { stdout: hear(control.stdout), stderr: hear(control.stderr) })
  child.stdout.once('data', () => streams.open())
  const obedience = obey(child, plan, control)
  const over = new AbortController()
  if (onStarted !== undefined) whenStarted(plan, over.signal, onStarted)
  const code = await endOf(child)
  await streams.drained()
  over.abort()
  obedience.over()
  const stopped = control.stop.aborted || control.kill.aborted
  // The runtime may have been killed before it could write down that the process exists.
  const began = hasStarted(plan) || (stopped && heard)
  const complaints = readRuntimeLog(`${plan.directory}/log`)
  if (began && complaints.length === 0) return { kind: 'ended', code, stopped }
  if (stopped) return began ? { kind: 'ended', code, stopped } : { kind: 'never-started' }
  const said = words()
    .split('\n')
    .filter((line) => line !== '')
  return {
    kind: 'refused',
    words: [...complaints, ...said, ...(complaints.length + said.length === 0 ? [`it ended with ${code} and no word`] : [])],
  }
}

/** What the box's own programs need of an environment. */
const BOX_ENVIRONMENT = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' }

/** 128 and the signal's number when a signal ended the box; 127 when it could not even be started. */
function endOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.once('error', () => resolve(127))
    child.once('close', (code, signal) => resolve(code ?? (signal === 'SIGTERM' ? 143 : 137)))
  })
}

function collect(stream: Readable | null): () => string {
  let text = ''
  stream?.setEncoding('utf8')
  stream?.on('data', (chunk: string) => {
    if (text.length < MOST_WORDS) text += chunk
  })
  return () => text.slice(0, MOST_WORDS)
}

interface Obedience {
  over(): void
}

/**
 * SIGTERM to the box's group on stop, which the runtime passes on, and SIGKILL after the grace; SIGKILL at once on kill. Until the
 * runtime says that the process exists, nobody is there to hear it, so a stop waits for that, though not longer than for the grace.
 */
function obey(child: ChildProcess, plan: ContainerPlan, control: BuilderControl): Obedience {
  const done = new AbortController()
  const timers: NodeJS.Timeout[] = []
  const onStop = (): void => {
    timers.push(setTimeout(() => signalGroup(child, 'SIGKILL'), plan.graceMs))
    whenStarted(plan, done.signal, () => signalGroup(child, 'SIGTERM'))
  }
  const onKill = (): void => signalGroup(child, 'SIGKILL')
  if (control.stop.aborted) onStop()
  if (control.kill.aborted) onKill()
  control.stop.addEventListener('abort', onStop, { once: true, signal: done.signal })
  control.kill.addEventListener('abort', onKill, { once: true, signal: done.signal })
  return {
    over: () => {
      done.abort()
      timers.forEach(clearTimeout)
    },
  }
}

function signalGroup({ pid }: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch {
    // It has ended meanwhile.
  }
}

/** Milliseconds between two looks. */
const LOOK = 5

/** The runtime writes the pid file when the process exists. Nothing is called once `over` is aborted. */
function whenStarted(plan: ContainerPlan, over: AbortSignal, react: () => void): void {
  if (over.aborted) return
  if (hasStarted(plan)) return react()
  const timer = setInterval(() => {
    if (!hasStarted(plan)) return
    clearInterval(timer)
    react()
  }, LOOK)
  over.addEventListener('abort', () => clearInterval(timer), { once: true })
}

function hasStarted({ directory }: ContainerPlan): boolean {
  const path = `${directory}/pid`
  return existsSync(path) && readFileSync(path, 'utf8') !== ''
}
