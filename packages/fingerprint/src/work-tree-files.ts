import { join } from 'node:path'
import { type Clock, type Diagnostic, ok, type Result } from '@orchestrate/core'
import type { CacheFile } from './digest-cache.ts'
import type { ProcessEnvironment } from './git-command.ts'
import type { FileTree } from './inventory.ts'
import { readFilePieces, readLinkText } from './read-file.ts'
import { createWorkTreeDigests } from './work-tree-digests.ts'
import { listOnly, type WorkTreeScan, type WorkTreeScanner } from './work-tree-scan.ts'

export interface WorkTreeOptions {
  /** Absolute real path of the workspace: a git repository, a directory inside one, or neither. */
  readonly root: string
  readonly environment: ProcessEnvironment
  readonly statCache: CacheFile
  readonly clock: Clock
  /** Lists the files and may look at each; by default it only lists, in this thread. */
  readonly scan?: WorkTreeScanner
}

/**
 * The files as they lie in the work tree. With git: what it tracks and what is new, without what it ignores. Without: everything.
 * Nothing is ever written there. One tree serves one command: it lists its files once, whoever asks first, and looks at a directory once.
 */
export function workTreeFiles(options: WorkTreeOptions): FileTree {
  const { root, environment, scan = listOnly } = options
  const digests = createWorkTreeDigests(options)
  let pending: Promise<Result<WorkTreeScan, Diagnostic[]>> | null = null
  let scanned: WorkTreeScan | null = null
  return {
    kind: 'work-tree',
    list: async (signal) => {
      pending ??= scan({ root, environment }, signal)
      const result = await pending
      if (!result.ok) return result
      scanned = result.value
      return ok(scanned.paths)
    },
    resolve: (paths, signal) => digests.resolve({ paths, scan: scanned }, signal),
    open: (entry) => (entry.mode === 'symlink' ? readLinkText(join(root, entry.path)) : readFilePieces(join(root, entry.path))),
  }
}
