import { join } from 'node:path'
import { type Clock, type Diagnostic, ok, type Result } from '@orchestrate/core'
import type { CacheFile } from './digest-cache.ts'
import type { ProcessEnvironment } from './git-command.ts'
import type { FileTree } from './inventory.ts'
import { readFilePieces, readLinkText } from './read-file.ts'
import { createWorkTreeDigests } from './work-tree-digests.ts'
import { listWorkTree, type WorkTreeListing } from './work-tree-list.ts'

export interface WorkTreeOptions {
  /** Absolute real path of the workspace: a git repository, a directory inside one, or neither. */
  readonly root: string
  readonly environment: ProcessEnvironment
  readonly statCache: CacheFile
  readonly clock: Clock
}

/**
 * The files as they lie in the work tree. With git: what it tracks and what is new, without what it ignores. Without: everything.
 * Nothing is ever written there. One tree serves one command: it lists its files once, whoever asks first, and looks at a directory once.
 */
export function workTreeFiles(options: WorkTreeOptions): FileTree {
  const { root, environment } = options
  const digests = createWorkTreeDigests(options)
  let pending: Promise<Result<WorkTreeListing, Diagnostic[]>> | null = null
  let listing: WorkTreeListing | null = null
  return {
    kind: 'work-tree',
    list: async (signal) => {
      pending ??= listWorkTree(root, environment, signal)
      const result = await pending
      if (!result.ok) return result
      listing = result.value
      return ok(listing.paths)
    },
    resolve: (paths, signal) => digests.resolve({ paths, listing }, signal),
    open: (entry) => (entry.mode === 'symlink' ? readLinkText(join(root, entry.path)) : readFilePieces(join(root, entry.path))),
  }
}
