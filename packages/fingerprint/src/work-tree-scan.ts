import { type Diagnostic, ok, type Result, type WorkspacePath } from '@orchestrate/core'
import type { ProcessEnvironment } from './git-command.ts'
import { createLook, type Look, takePart } from './look.ts'
import { ascendingLookup } from './packed-table.ts'
import { sortedUnique } from './sorted-paths.ts'
import { STAT_NUMBERS } from './stat-row.ts'
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
   * Looks at what nobody has looked at yet and gives the state of each path, STAT_NUMBERS for each, NaN where there is no
   * plain file or symlink; null when this scan only lists.
   */
  states(): Promise<Float64Array | null>
}

export type WorkTreeScanner = (place: ScanPlace, signal: AbortSignal) => Promise<Result<WorkTreeScan, Diagnostic[]>>

/** Lists the files and looks at none. */
export const listOnly: WorkTreeScanner = async ({ root, environment }, signal) => {
  const listed = await listWorkTree(root, environment, { signal })
  return listed.ok ? ok({ paths: listed.value, states: async () => null }) : listed
}

/** Lists the files and looks at each. */
export const scanWorkTree: WorkTreeScanner = async (place, signal) => {
  const begun = await beginScan(place, signal)
  if (!begun.ok) return begun
  const { look, looked } = begun.value
  return ok({ paths: begun.value.paths, states: async () => looked.then(() => look.states) })
}

export interface BegunScan {
  readonly paths: readonly WorkspacePath[]
  /** At `paths`. */
  readonly look: Look
  /** When this thread has nothing left to look at. */
  readonly looked: Promise<void>
}

/** Lists the files and looks at those that are tracked while git still looks for new ones. */
export async function beginScan({ root, environment }: ScanPlace, signal: AbortSignal): Promise<Result<BegunScan, Diagnostic[]>> {
  const ahead: { readonly paths: readonly string[]; readonly look: Look; readonly looked: Promise<void> }[] = []
  const onTracked = (tracked: readonly string[]): void => {
    const paths = sortedUnique(tracked)
    const look = createLook(paths.length)
    ahead.push({ paths, look, looked: takePart(look, { root, paths, signal }) })
  }
  const listed = await listWorkTree(root, environment, { signal, onTracked })
  const [begun] = ahead
  if (listed.ok && begun !== undefined && areEqual(begun.paths, listed.value)) return ok({ ...begun, paths: listed.value })
  await begun?.looked
  if (!listed.ok) return listed
  const look = createLook(listed.value.length)
  copyStates(begun ?? { paths: [], look: createLook(0) }, { paths: listed.value, look })
  return ok({ paths: listed.value, look, looked: takePart(look, { root, paths: listed.value, signal }) })
}

function areEqual(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((path, index) => path === right[index])
}

interface Looked {
  readonly paths: readonly string[]
  readonly look: Look
}

/** Both in ascending order. */
function copyStates(from: Looked, to: Looked): void {
  const rowOf = ascendingLookup(from.paths)
  for (const [index, path] of to.paths.entries()) {
    const row = rowOf(path)
    if (row >= 0) to.look.states.set(from.look.states.subarray(row * STAT_NUMBERS, (row + 1) * STAT_NUMBERS), index * STAT_NUMBERS)
  }
}
