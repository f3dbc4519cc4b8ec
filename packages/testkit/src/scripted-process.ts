import type { ArchiveEntry } from '@orchestrate/core'
import { type Builder, type BuilderControl, EngineStreamError } from '@orchestrate/execute'
import type { ScriptedWorld } from './scripted-world.ts'

/** What a scripted builder does. A program that never ends should wait for `io.ended`. */
export type ScriptedProgram = (builder: Builder, io: ScriptedIo) => ScriptedEnd | Promise<ScriptedEnd>

/** An exit code; null: the command does not exist (code 127); an object: it could not be started for another reason. */
export type ScriptedEnd = number | null | { readonly code: number; readonly startError: string }

export interface ScriptedIo extends ScriptedWorld {
  stdout(text: string | Uint8Array): void
  stderr(text: string | Uint8Array): void
  /** Puts a regular file under /out; `path` is relative to it. */
  output(path: string, content: string, options?: { readonly executable?: boolean }): void
  /** Aborted when the engine asks the builder to end; a program that ignores it is killed by `kill` or after the grace. */
  readonly stop: AbortSignal
  /** Rejects when the builder is killed, so that a program can wait for its end. */
  readonly ended: Promise<never>
}
/** Thrown inside a scripted builder that is killed. */
export class Killed extends Error {}

/** Kills at once on `kill`, and after the grace on `stop`. */
export function watchForDeath(builder: Builder, control: BuilderControl): { readonly killed: Promise<never>; release(): void } {
  const over = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const killed = new Promise<never>((_, reject) => {
    const die = (): void => reject(new Killed())
    whenAborted(control.kill, over.signal, die)
    whenAborted(control.stop, over.signal, () => {
      timer = setTimeout(die, builder.graceMs)
    })
  })
  killed.catch(() => undefined)
  return {
    killed,
    release: () => {
      over.abort()
      clearTimeout(timer)
    },
  }
}

export function aborted(signal: AbortSignal): Promise<'stopped'> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve('stopped')
    else signal.addEventListener('abort', () => resolve('stopped'), { once: true })
  })
}

function whenAborted(signal: AbortSignal, over: AbortSignal, react: () => void): void {
  if (signal.aborted) react()
  else signal.addEventListener('abort', react, { once: true, signal: over })
}

export function scriptedIo(control: BuilderControl, world: ScriptedWorld, ended: Promise<never>): ScriptedIo {
  return {
    ...world,
    stdout: (text) => control.stdout(toBytes(text)),
    stderr: (text) => control.stderr(toBytes(text)),
    output: (path, content, options) =>
      world.write(`/out/${path}`, { type: 'file', mode: options?.executable === true ? 0o755 : 0o644, content: toBytes(content) }),
    stop: control.stop,
    ended,
  }
}

function toBytes(text: string | Uint8Array): Uint8Array {
  return typeof text === 'string' ? Buffer.from(text) : text
}

export async function* streamOutputs(entries: readonly ArchiveEntry[], cut: boolean): AsyncGenerator<ArchiveEntry> {
  yield* cut ? entries.slice(0, -1) : entries
  if (cut) throw new EngineStreamError('the outputs ended early')
}
