import type { Workspace } from '@orchestrate/config'
import type { WorkspacePath } from '@orchestrate/core'
import { sortedUnique } from './sorted-paths.ts'

/** The paths that patterns may match, with what restricts them. */
export interface PathUniverse {
  /** Sorted by code unit. */
  readonly paths: readonly WorkspacePath[]
  /** 1 for each path that only its exact name takes: ignored by git, a builder.yaml, builder.lock. */
  readonly exactOnly: Uint8Array
  /** Directories of services and libraries, sorted: a relative pattern of another one does not descend into them. */
  readonly owned: readonly WorkspacePath[]
}

/**
 * @param listed the paths of the tree, sorted
 * @param named existing paths that the tree does not list, because git ignores them
 */
export function createUniverse(workspace: Workspace, listed: readonly WorkspacePath[], named: readonly WorkspacePath[]): PathUniverse {
  const paths = named.length === 0 ? listed : sortedUnique([...listed, ...named])
  const unlisted = new Set(named)
  const exactOnly = new Uint8Array(paths.length)
  paths.forEach((path, index) => {
    if (isConfiguration(path) || unlisted.has(path)) exactOnly[index] = 1
  })
  return { paths, exactOnly, owned: ownedDirectories(workspace) }
}

/** `universe` without `absent`. */
export function withoutPaths(universe: PathUniverse, absent: ReadonlySet<WorkspacePath>): PathUniverse {
  const kept = universe.paths.flatMap((path, index) => (absent.has(path) ? [] : [index]))
  return {
    paths: kept.flatMap((index) => universe.paths[index] ?? []),
    exactOnly: Uint8Array.from(kept, (index) => universe.exactOnly[index] ?? 0),
    owned: universe.owned,
  }
}

function isConfiguration(path: string): boolean {
  return path.endsWith(CONFIG_FILE) ? path.length === CONFIG_FILE.length || path.endsWith(`/${CONFIG_FILE}`) : path === LOCK_FILE
}

const CONFIG_FILE = 'builder.yaml'
/** `apply` may write it: as an input it would make its own target out of date. */
const LOCK_FILE = 'builder.lock'

function ownedDirectories(workspace: Workspace): readonly WorkspacePath[] {
  return sortedUnique([...workspace.services.values(), ...workspace.libraries.values()].map(({ dir }) => dir))
}
