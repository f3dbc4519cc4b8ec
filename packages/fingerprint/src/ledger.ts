import type { WorkspacePath } from '@orchestrate/core'

/** Takes down in which states files were found that git does not speak for, so that they can be compared later. */
export interface Ledger {
  /** @param state as `statNumbers` gives it; null where there was neither a file nor a symlink. */
  note(path: WorkspacePath, state: readonly number[] | null): void
  /** Something was found that no state tells again. */
  spoil(): void
  /** What was noted last of each path; null when it tells too little or is too much to compare. */
  read(): ReadonlyMap<WorkspacePath, readonly number[] | null> | null
}

export function createLedger(): Ledger {
  const states = new Map<WorkspacePath, readonly number[] | null>()
  let isSpoilt = false
  return {
    note: (path, state) => {
      if (states.size < MOST_STATES) states.set(path, state)
      else isSpoilt = true
    },
    spoil: () => {
      isSpoilt = true
    },
    read: () => (isSpoilt ? null : states),
  }
}

/** To compare more takes longer than what it spares. */
const MOST_STATES = 4096
