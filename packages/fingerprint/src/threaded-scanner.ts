import { on } from 'node:events'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { type Diagnostic, err, ok, type WorkspacePath } from '@orchestrate/core'
import { type Look, takePart } from './look.ts'
import type { ScanPlace, WorkTreeScanner } from './work-tree-scan.ts'

/** What the thread answers: `failed`, or `listed` and then `looked`. One string is handed over faster than a list. */
export type ScanMessage =
  | { readonly kind: 'failed'; readonly findings: Diagnostic[] }
  | { readonly kind: 'listed'; readonly paths: string; readonly look: Look }
  | { readonly kind: 'looked' }

/** The thread only makes garbage, so it needs little room for it. */
const YOUNG_GENERATION_MIB = 2

/** Bytes of git's index from which on a thread pays: some 10,000 files. Starting one takes as long as looking at as many. */
const LARGE_INDEX = 1024 * 1024

/** Whether the repository at `root` is one for a thread; false where its index lies elsewhere. */
export function isLargeRepository(root: string): boolean {
  const git = join(root, '.git')
  // Of a submodule or a second work tree it is a file.
  if (statSync(git, { throwIfNoEntry: false })?.isDirectory() !== true) return false
  return (statSync(join(git, 'index'), { throwIfNoEntry: false })?.size ?? 0) >= LARGE_INDEX
}

/**
 * Scans in a thread of its own, so that the caller can read configuration meanwhile; who then asks for the states helps with
 * what is left. The thread ends with its last answer,
 * or when `signal` is aborted.
 *
 * @param script path of the bundled scan-thread.ts.
 */
export function threadedScanner(script: string): WorkTreeScanner {
  return async (place, signal) => {
    signal.throwIfAborted()
    const thread = startThread(script, place)
    signal.addEventListener('abort', () => void thread.terminate(), { once: true })
    // It keeps what comes before somebody asks.
    const messages = on(thread, 'message', { close: ['exit'] })
    const first = await nextMessage(messages, signal)
    if (first.kind === 'failed') return err(first.findings)
    if (first.kind !== 'listed') throw unexpected(first)
    // What went in as paths of the workspace comes out as such.
    const paths = first.paths === '' ? [] : (first.paths.split('\0') as WorkspacePath[])
    const { look } = first
    const finish = async (): Promise<Float64Array> => {
      await takePart(look, { root: place.root, paths, signal })
      const last = await nextMessage(messages, signal)
      if (last.kind !== 'looked') throw unexpected(last)
      return look.states
    }
    let finished: Promise<Float64Array> | null = null
    return ok({ paths, states: () => (finished ??= finish()) })
  }
}

function startThread(script: string, { root, environment }: ScanPlace): Worker {
  // The environment of a process is no plain object, and only such a one can be handed over.
  const workerData: ScanPlace = { root, environment: { ...environment, variables: { ...environment.variables } } }
  return new Worker(script, { workerData, resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MIB } })
}

/** @throws the reason of `signal` when the thread was ended for it; what the thread threw. */
async function nextMessage(messages: AsyncIterator<unknown>, signal: AbortSignal): Promise<ScanMessage> {
  const next = await messages.next()
  signal.throwIfAborted()
  if (next.done === true) throw new Error('the scanning thread ended before it had answered')
  // Only our own script speaks here.
  const [message] = next.value as [ScanMessage]
  return message
}

const unexpected = (message: ScanMessage): Error => new Error(`the scanning thread answered "${message.kind}" out of turn`)
