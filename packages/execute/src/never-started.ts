import type { ArchiveEntry } from '@orchestrate/core'
import type { BuilderExit } from './engine.ts'

/** The exit of a builder that was stopped before it began, whatever the engine; `dispose` removes what was made for it until then. */
export function neverStarted(dispose: () => Promise<void> = async () => undefined): BuilderExit {
  return {
    code: 143,
    outOfMemory: false,
    stopped: true,
    startError: null,
    unknownUser: null,
    outputs: () => nothing(),
    [Symbol.asyncDispose]: dispose,
  }
}

async function* nothing(): AsyncGenerator<ArchiveEntry> {
  // Ended before it began.
}
