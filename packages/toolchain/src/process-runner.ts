import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { LineDecoder } from './line-decoder.ts'

/** Starts processes of this machine; injected so that bootstraps can be scripted in tests. */
export interface ProcessRunner {
  /** Starts at once. The caller reads `stdout` to its end, or aborts. */
  run(request: ProcessRequest): RunningProcess
}

export interface ProcessRequest {
  readonly argv: readonly [string, ...string[]]
  /** Complete: nothing of our own environment is added. */
  readonly env: ReadonlyMap<string, string>
  /** A file that the process finds open for reading as file descriptor 3, or null. */
  readonly input: string | null
  /** Each line of standard error, without its end; bytes that are not UTF-8 are replaced. */
  readonly onLine: (line: string) => void
  /** What the signal does: `terminate` sends SIGTERM, and SIGKILL after three seconds; `kill` sends SIGKILL at once. */
  readonly stop: 'terminate' | 'kill'
  readonly signal: AbortSignal
}

export interface RunningProcess {
  readonly stdout: AsyncIterable<Uint8Array>
  /** Never rejects; settles once both streams have ended. */
  readonly exit: Promise<ProcessExit>
}

export type ProcessExit =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'signalled'; readonly signal: string }
  /** It could not be started: `ENOENT`, `EACCES`, … */
  | { readonly kind: 'not-started'; readonly command: string; readonly code: string }

const KILL_AFTER_MS = 3000

/** The runner of real processes. */
export const systemProcesses: ProcessRunner = {
  run(request) {
    const [command, ...args] = request.argv
    const input = request.input === null ? null : openSync(request.input, 'r')
    const child = spawn(command, args, { env: Object.fromEntries(request.env), stdio: ['ignore', 'pipe', 'pipe', input ?? 'ignore'] })
    if (input !== null) closeSync(input)
    const { stdout, stderr } = child
    if (stdout === null || stderr === null) throw new Error('standard output and error were asked for as pipes')
    readLines(stderr, request.onLine)
    const stop = endOnAbort(request, (signal) => child.kill(signal))
    const exit = new Promise<ProcessExit>((resolve) => {
      child.once('error', (error: NodeJS.ErrnoException) => resolve({ kind: 'not-started', command, code: error.code ?? error.message }))
      child.once('close', (code, signal) =>
        resolve(code === null ? { kind: 'signalled', signal: signal ?? 'SIGKILL' } : { kind: 'exited', code }),
      )
    })
    return { stdout, exit: exit.finally(stop) }
  },
}

function readLines(stream: Readable, onLine: (line: string) => void): void {
  const lines = new LineDecoder(onLine)
  stream.on('data', (piece: Buffer) => lines.push(piece))
  stream.on('end', () => lines.end())
}

/** Gives the function that calls it off. */
function endOnAbort({ signal, stop }: ProcessRequest, kill: (signal: NodeJS.Signals) => void): () => void {
  let timer: NodeJS.Timeout | null = null
  const onAbort = (): void => {
    if (stop === 'kill') {
      kill('SIGKILL')
      return
    }
    kill('SIGTERM')
    timer = setTimeout(() => kill('SIGKILL'), KILL_AFTER_MS)
  }
  if (signal.aborted) onAbort()
  else signal.addEventListener('abort', onAbort, { once: true })
  return () => {
    signal.removeEventListener('abort', onAbort)
    if (timer !== null) clearTimeout(timer)
  }
}
