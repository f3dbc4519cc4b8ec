import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Diagnostic, ok, type Result, type WorkspacePath } from '@orchestrate/core'
import { createDirectoryCheck } from './directory-check.ts'
import { findFile } from './find-file.ts'
import { toWorkspacePath } from './file-names.ts'
import type { ProcessEnvironment } from './git-command.ts'
import { ascendingLookup } from './packed-table.ts'
import { sortedUnique } from './sorted-paths.ts'
import { STAT_NUMBERS, statNumbers } from './stat-row.ts'
import { listWorkTree } from './work-tree-list.ts'

/** Where to look. */
export interface ScanPlace {
  /** Absolute real path of the workspace. */
  readonly root: string
  readonly environment: ProcessEnvironment
}

/** What one look at a work tree finds. */
export interface WorkTreeScan {
  /** As of `listWorkTree`. */
  readonly paths: readonly WorkspacePath[]
  /**
   * Comes later: the state of each path, STAT_NUMBERS for each, NaN where there is no plain file or symlink;
   * null when nobody looks at the files themselves. To be awaited, whatever else happens.
   */
  readonly states: Promise<Float64Array | null>
}

export type WorkTreeScanner = (place: ScanPlace, signal: AbortSignal) => Promise<Result<WorkTreeScan, Diagnostic[]>>

/** Lists the files and looks at none. */
export const listOnly: WorkTreeScanner = async ({ root, environment }, signal) => {
  const listed = await listWorkTree(root, environment, { signal })
  return listed.ok ? ok({ paths: listed.value, states: Promise.resolve(null) }) : listed
}

/** Lists the files and looks at each, at those that are tracked while git still looks for new ones. */
export const scanWorkTree: WorkTreeScanner = async ({ root, environment }, signal) => {
  const look = (paths: readonly string[]): Promise<Looked> => lookAt(root, sortedUnique(paths), signal)
  let ahead: Promise<Looked> = look([])
  const listed = await listWorkTree(root, environment, { signal, onTracked: (paths) => void (ahead = look(paths)) })
  if (listed.ok) return ok({ paths: listed.value, states: ahead.then((known) => completeStates(known, listed.value, look)) })
  await ahead
  return listed
}

interface Looked {
  readonly paths: readonly string[]
  readonly states: Float64Array
}

/** Files between two turns of whatever else this thread does. */
const FILES_A_TURN = 4096

async function lookAt(root: string, paths: readonly string[], signal: AbortSignal): Promise<Looked> {
  const checkDirectory = createDirectoryCheck(root)
  const states = new Float64Array(paths.length * STAT_NUMBERS).fill(Number.NaN)
  for (const [index, path] of paths.entries()) {
    if (index % FILES_A_TURN === 0) {
      await nextTurn()
      signal.throwIfAborted()
    }
    const found = findFile(root, toWorkspacePath(path), checkDirectory)
    if (found !== null && !('id' in found)) states.set(statNumbers(found), index * STAT_NUMBERS)
  }
  return { paths, states }
}

/** The states of `paths`, most of which are known. */
async function completeStates(
  known: Looked,
  paths: readonly string[],
  look: (paths: readonly string[]) => Promise<Looked>,
): Promise<Float64Array> {
  const isKnown = ascendingLookup(known.paths)
  const rows = paths.map(isKnown)
  if (known.paths.length === paths.length && !rows.includes(-1)) return known.states
  const rest = await look(paths.filter((_, index) => rows[index] === -1))
  const states = new Float64Array(paths.length * STAT_NUMBERS)
  let next = 0
  for (const [index, row] of rows.entries()) {
    const [from, at] = row === -1 ? [rest.states, next++] : [known.states, row]
    states.set(from.subarray(at * STAT_NUMBERS, (at + 1) * STAT_NUMBERS), index * STAT_NUMBERS)
  }
  return states
}
