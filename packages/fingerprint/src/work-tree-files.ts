import { join } from 'node:path'
import { type Clock, type Diagnostic, ok, type Result } from '@orchestrate/core'
import type { CacheFile } from './digest-cache.ts'
import type { ProcessEnvironment } from './git-command.ts'
import { type GitGlance, glance } from './git-glance.ts'
import type { FileTree } from './inventory.ts'
import { createLedger } from './ledger.ts'
import { readFilePieces, readLinkText } from './read-file.ts'
import { createWorkTreeDigests, RACY_MS } from './work-tree-digests.ts'
import { listWorkTree, type WorkTreeListing } from './work-tree-list.ts'
import { holds, makeSeal, type WorkTreeSeal } from './work-tree-seal.ts'

export interface WorkTreeOptions {
  /** Absolute real path of the workspace: a git repository, a directory inside one, or neither. */
  readonly root: string
  readonly environment: ProcessEnvironment
  readonly statCache: CacheFile
  readonly clock: Clock
}

export interface WorkTree extends FileTree {
  /** Lets git begin to look. */
  begin(signal: AbortSignal): void
  /** Whether everything is as it was when `seal` was made. */
  isAsSealed(seal: WorkTreeSeal, signal: AbortSignal): Promise<boolean>
  /** Null when it cannot be known again, such as outside of a repository. To be called after all has been resolved. */
  seal(): Promise<WorkTreeSeal | null>
}

/**
 * The files as they lie in the work tree. With git: what it tracks and what is new, without what it ignores. Without: everything.
 * Nothing is ever written there. One tree serves one command: git looks once, whoever asks first.
 */
export function workTreeFiles(options: WorkTreeOptions): WorkTree {
  const { root, clock } = options
  const digests = createWorkTreeDigests(options)
  const ledger = createLedger()
  let looking: Promise<GitGlance | null> | null = null
  let pending: Promise<Result<WorkTreeListing, Diagnostic[]>> | null = null
  let listing: WorkTreeListing | null = null
  const look = (signal: AbortSignal): Promise<GitGlance | null> => (looking ??= glance(options, signal))
  const list = async (signal: AbortSignal) => listWorkTree(options, await look(signal), signal)
  return {
    kind: 'work-tree',
    // Whoever asks later gets what it throws.
    begin: (signal) => void look(signal).catch(() => undefined),
    isAsSealed: async (seal, signal) => {
      const seen = await look(signal)
      return seen !== null && holds(seal, root, seen)
    },
    seal: async () => {
      const seen = await looking
      if (seen === null || listing === null || listing.witness === null || !listing.isOneRepository) return null
      return makeSeal(seen, ledger, clock.now() - RACY_MS)
    },
    list: async (signal) => {
      pending ??= list(signal)
      const result = await pending
      if (!result.ok) return result
      listing = result.value
      return ok(listing.paths)
    },
    resolve: (paths, signal) => digests.resolve({ paths, listing, ledger }, signal),
    open: (entry) => (entry.mode === 'symlink' ? readLinkText(join(root, entry.path)) : readFilePieces(join(root, entry.path))),
  }
}
