import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { BuilderControl } from '@orchestrate/execute'
import { ApiError } from './docker-api.ts'
import { demultiplex } from './demultiplex.ts'
import { EngineTrouble, engineError } from './engine-errors.ts'
import { numberAt, UnexpectedAnswer, valueAt } from './json-value.ts'
import type { DockerSession } from './session.ts'

/** A process that a created container will run. */
export interface ContainerProcess {
  /** For messages: `builder "api:build"`. */
  readonly title: string
  /** Grace between stop and kill, milliseconds. */
  readonly graceMs: number
  /** Called once it runs; what it throws is the outcome. */
  readonly onStarted: () => Promise<void>
}

/** How a container's process ended. */
export interface ProcessEnd {
  readonly code: number
  readonly stopped: boolean
}

/** The container could not start its process; the engine's status says why. */
export class StartRefused extends Error {
  override readonly name = 'StartRefused'
  override readonly cause: ApiError

  constructor(cause: ApiError) {
    super(cause.message)
    this.cause = cause
  }
}

/** Milliseconds that a killed container may take to be reported dead. */
const KILL_DEADLINE = 2_000
/** Milliseconds between the end of a process and the end of its output. */
const DRAIN_DEADLINE = 30_000

/**
 * Starts a created container and follows it to its end. It attaches and waits before it starts, so that neither the first
 * output nor a quick end is missed. The end counts only when the engine's wait answers: a connection that breaks is
 * `engine/lost`, whatever the container did.
 */
export async function followProcess(
  session: DockerSession,
  container: string,
  contained: ContainerProcess,
  control: BuilderControl,
): Promise<ProcessEnd> {
  const path = `/containers/${container}`
  const [output, waiting] = await Promise.all([
    session.api.hijack({ method: 'POST', path: `${path}/attach`, query: { stream: true, stdout: true, stderr: true } }),
    session.api.stream({ method: 'POST', path: `${path}/wait`, query: { condition: 'next-exit' } }),
  ])
  const over = new AbortController()
  try {
    const drained = settle(demultiplex(output, control))
    const ended = settle(readEnd(waiting))
    await start(session, path)
    obeyControl(session, path, { graceMs: contained.graceMs, control, over: over.signal, waiting })
    await contained.onStarted()
    const code = (await ended)()
    await drainOutput(output, drained)
    return { code, stopped: control.stop.aborted || control.kill.aborted }
  } catch (error) {
    throw isBroken(error) ? new EngineTrouble(lost(contained)) : error
  } finally {
    over.abort()
    waiting.destroy()
    output.destroy()
  }
}

/** A promise that can be left alone: its outcome comes as a function that returns or throws. */
async function settle<T>(promise: Promise<T>): Promise<() => T> {
  try {
    const value = await promise
    return () => value
  } catch (error) {
    return () => {
      throw error
    }
  }
}

async function start(session: DockerSession, path: string): Promise<void> {
  try {
    await session.api.json({ method: 'POST', path: `${path}/start`, deadline: 60_000 })
  } catch (error) {
    throw error instanceof ApiError ? new StartRefused(error) : error
  }
}

/** @see https://docs.docker.com/reference/api/engine/version/v1.44/#tag/Container/operation/ContainerWait */
async function readEnd(waiting: IncomingMessage): Promise<number> {
  const chunks: Buffer[] = []
  for await (const chunk of waiting) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString('utf8')
  if (text.trim() === '') throw new BrokenStream('the wait ended without an answer')
  const answer: unknown = JSON.parse(text)
  const problem = valueAt(answer, 'Error', 'Message')
  if (typeof problem === 'string' && problem !== '') throw new UnexpectedAnswer(`the engine could not wait for the container: ${problem}`)
  return numberAt(answer, 'StatusCode')
}

async function drainOutput(output: Duplex, drained: Promise<() => void>): Promise<void> {
  const timer = setTimeout(() => output.destroy(new BrokenStream('the output did not end')), DRAIN_DEADLINE)
  try {
    const result = await drained
    result()
  } finally {
    clearTimeout(timer)
  }
}

class BrokenStream extends Error {
  override readonly name = 'BrokenStream'
}

function isBroken(error: unknown): boolean {
  if (error instanceof BrokenStream || error instanceof SyntaxError) return true
  return (
    error instanceof Error &&
    'code' in error &&
    (error.code === 'ECONNRESET' || error.code === 'EPIPE' || error.code === 'ERR_STREAM_PREMATURE_CLOSE')
  )
}

function lost({ title }: ContainerProcess): ReturnType<typeof engineError> {
  return engineError('engine/lost', `the engine was lost while ${title} ran`)
}

interface Obedience {
  readonly graceMs: number
  readonly control: BuilderControl
  readonly over: AbortSignal
  readonly waiting: IncomingMessage
}

/** SIGTERM on stop and SIGKILL after the grace; SIGKILL at once on kill, after which nobody waits for long. */
function obeyControl(session: DockerSession, path: string, { graceMs, control, over, waiting }: Obedience): void {
  const timers: NodeJS.Timeout[] = []
  over.addEventListener('abort', () => timers.forEach(clearTimeout), { once: true })
  const signal = (name: 'SIGTERM' | 'SIGKILL'): void => {
    if (over.aborted) return
    // A container that has ended meanwhile refuses the signal; an engine that is lost shows in the wait.
    void session.api.json({ method: 'POST', path: `${path}/kill`, query: { signal: name }, deadline: 5_000 }).catch(() => undefined)
  }
  whenAborted(control.stop, over, () => {
    signal('SIGTERM')
    timers.push(setTimeout(() => signal('SIGKILL'), graceMs))
  })
  whenAborted(control.kill, over, () => {
    signal('SIGKILL')
    timers.push(setTimeout(() => waiting.destroy(new BrokenStream('a killed process was not reported dead')), KILL_DEADLINE))
  })
}

function whenAborted(signal: AbortSignal, over: AbortSignal, react: () => void): void {
  if (signal.aborted) react()
  else signal.addEventListener('abort', react, { once: true, signal: over })
}
