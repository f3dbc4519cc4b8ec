import { compareCodeUnits, err, isDigest, ok, type Result } from '@orchestrate/core'
import { judgeLinkTarget, judgePath } from './judge-path.ts'
import type { TreeEntry } from './tree.ts'

/** The first entry that no tree may hold. */
export interface TreeProblem {
  /** Position in the list that was judged. */
  readonly index: number
  readonly path: string
  /** `its path has a ".." segment`, … */
  readonly reason: string
}

export const MAX_TREE_ENTRIES = 1_000_000

/**
 * The one judge of every tree on every way in and out of the store: at ingest, when a tree is stored or read, before a view is laid out.
 *
 * A tree is one file or link with the empty path, or a list sorted by code unit of relative, normalised paths without duplicates,
 * whose parents are all listed, before them, as directories.
 */
export function validateTree(entries: readonly TreeEntry[]): Result<readonly TreeEntry[], TreeProblem> {
  const problem = findProblem(entries)
  return problem === null ? ok(entries) : err(problem)
}

/** True for a tree that is a single file or link. */
export function isSingle(entries: readonly TreeEntry[]): boolean {
  return entries.length === 1 && entries[0]?.path === ''
}

function findProblem(entries: readonly TreeEntry[]): TreeProblem | null {
  if (entries.length > MAX_TREE_ENTRIES)
    return { index: MAX_TREE_ENTRIES, path: '', reason: `there are more than ${MAX_TREE_ENTRIES} entries` }
  const single = isSingle(entries)
  const types = new Map<string, TreeEntry['type']>([['', 'directory']])
  let previous: string | null = null
  for (const [index, entry] of entries.entries()) {
    const reason = (single ? judgeSingle(entry) : judgePlace(entry.path, previous, types)) ?? judgeContent(entry)
    if (reason !== null) return { index, path: entry.path, reason }
    types.set(entry.path, entry.type)
    previous = entry.path
  }
  return null
}

function judgeSingle(entry: TreeEntry): string | null {
  return entry.type === 'directory' ? 'a directory needs a name' : null
}

function judgePlace(path: string, previous: string | null, types: ReadonlyMap<string, TreeEntry['type']>): string | null {
  const bad = judgePath(path)
  if (bad !== null) return bad
  const order = previous === null ? -1 : compareCodeUnits(previous, path)
  if (order === 0) return 'it occurs twice'
  if (order > 0) return 'it is out of order'
  const parent = parentOf(path)
  const type = types.get(parent)
  if (type === 'directory') return null
  return type === undefined ? 'its directory is not listed' : `it lies below a ${type === 'file' ? 'file' : 'symbolic link'}`
}

function judgeContent(entry: TreeEntry): string | null {
  if (entry.type === 'symlink') return judgeLinkTarget(entry.target)
  if (entry.type === 'directory') return null
  if (!isDigest(entry.digest)) return 'its digest is malformed'
  return Number.isSafeInteger(entry.size) && entry.size >= 0 ? null : 'its size is not a number of bytes'
}

/** The path of the directory that holds `path`; the empty string for the root. */
export function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')))
}
