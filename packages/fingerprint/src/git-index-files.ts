import { type Diagnostic, err, ok, type Result, WORKSPACE_ROOT } from '@orchestrate/core'
import { checkOut } from './checkout.ts'
import type { CacheFile } from './digest-cache.ts'
import type { ProcessEnvironment } from './git-command.ts'
import { createIndexDigests } from './index-digests.ts'
import { type IndexListing, listIndex } from './index-list.ts'
import type { FileTree, InventoryEntry } from './inventory.ts'
import { readFilePieces, readLinkText } from './read-file.ts'

export interface GitIndexOptions {
  /** Absolute real path of the workspace: the top of a work tree, or a directory inside it. */
  readonly root: string
  /** GIT_DIR, GIT_WORK_TREE and GIT_INDEX_FILE in it are honoured, as a hook needs it. */
  readonly environment: ProcessEnvironment
  readonly cache: CacheFile
  /** An absolute directory outside of the work tree; what is checked out there is removed again. */
  readonly scratchDirectory: string
}

/**
 * Git's index as it would be checked out: line endings and filters as the index's own .gitattributes and git's configuration
 * say, executable bits and symlinks by their mode in the index, submodules at the commit that the index records.
 * What was only announced (`git add --intent-to-add`) is left out, as a commit would. The work tree is not looked at,
 * but for where submodules are. One tree serves one command: the index is listed once.
 */
export function gitIndexFiles(options: GitIndexOptions): FileTree {
  const digests = createIndexDigests(options)
  let listing: Promise<Result<IndexListing, Diagnostic[]>> | null = null
  const listOnce = (signal: AbortSignal) => (listing ??= listIndex(options, signal))
  return {
    kind: 'index',
    list: async (signal) => {
      const listed = await listOnce(signal)
      return listed.ok ? ok([...listed.value.files.keys()]) : listed
    },
    resolve: async (paths, signal) => {
      const listed = await listOnce(signal)
      if (listed.ok) return digests.resolve(paths, listed.value, signal)
      return err(listed.error.map((finding) => ({ ...finding, path: WORKSPACE_ROOT })))
    },
    open: (entry) => readIndexed(entry, options.scratchDirectory, listOnce),
  }
}

/** @throws when the index no longer has the entry, or git cannot check it out. */
async function* readIndexed(
  entry: InventoryEntry,
  scratchDirectory: string,
  list: (signal: AbortSignal) => Promise<Result<IndexListing, Diagnostic[]>>,
): AsyncIterable<Uint8Array> {
  const { signal } = new AbortController()
  const listed = await list(signal)
  const file = listed.ok ? listed.value.files.get(entry.path) : undefined
  if (file === undefined) throw new Error(`not in the index: ${entry.path}`)
  const { repository } = file
  await using checkout = await checkOut({ repository, names: [file.name], scratchDirectory }, signal)
  if (!checkout.result.ok) throw new Error(checkout.result.error.map(({ message }) => message).join('; '))
  const absolute = checkout.fileOf(file.name)
  yield* entry.mode === 'symlink' ? readLinkText(absolute) : readFilePieces(absolute)
}
