import { setImmediate as nextTurn } from 'node:timers/promises'
import { createDirectoryCheck } from './directory-check.ts'
import { toWorkspacePath } from './file-names.ts'
import { findFile } from './find-file.ts'
import { STAT_NUMBERS, statNumbers } from './stat-row.ts'

/** The work of looking at many files, in memory that threads share: each takes the next piece until none is left. */
export interface Look {
  /** STAT_NUMBERS for each file, NaN until somebody has looked, and for what is no plain file or symlink. */
  readonly states: Float64Array
  /** One number: the next piece. */
  readonly next: Int32Array
}

export function createLook(files: number): Look {
  const states = new Float64Array(new SharedArrayBuffer(files * STAT_NUMBERS * Float64Array.BYTES_PER_ELEMENT))
  return { states: states.fill(Number.NaN), next: new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)) }
}

/** Files of a piece, after which whatever else this thread does has its turn. */
const PIECE = 1024

/**
 * Looks at files, piece by piece, until no piece is left; other threads may still be at theirs. What has a state is not looked at again.
 * @param task.paths the files of `look`, in its order
 */
export async function takePart(
  look: Look,
  task: { readonly root: string; readonly paths: readonly string[]; readonly signal: AbortSignal },
): Promise<void> {
  const lookAt = createLooker(look, task)
  for (;;) {
    await nextTurn()
    task.signal.throwIfAborted()
    const start = Atomics.add(look.next, 0, 1) * PIECE
    if (start >= task.paths.length) return
    for (let index = start; index < Math.min(start + PIECE, task.paths.length); index += 1) lookAt(index)
  }
}

function createLooker(
  { states }: Look,
  { root, paths }: { readonly root: string; readonly paths: readonly string[] },
): (index: number) => void {
  const checkDirectory = createDirectoryCheck(root)
  return (index) => {
    const path = paths[index]
    if (path === undefined || !Number.isNaN(states[index * STAT_NUMBERS])) return
    const found = findFile(root, toWorkspacePath(path), checkDirectory)
    if (found !== null && !('id' in found)) states.set(statNumbers(found), index * STAT_NUMBERS)
  }
}
