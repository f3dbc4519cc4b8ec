import { type Diagnostic, err, ok, type Result, WORKSPACE_ROOT, type WorkspacePath } from '@orchestrate/core'
import type { CacheFile } from './digest-cache.ts'
import type { ProcessEnvironment } from './git-command.ts'
import { collectingSink, readIndexContents } from './index-contents.ts'
import { createIndexDigests } from './index-digests.ts'
import { type IndexListing, listIndex } from './index-list.ts'
import type { FileTree } from './inventory.ts'

export interface GitIndexOptions {
  /** Absolute real path of the workspace: the top of a work tree, or a directory inside it. */
  readonly root: string
  /** GIT_DIR, GIT_WORK_TREE and GIT_INDEX_FILE in it are honoured, as a hook needs it. */
  readonly environment: ProcessEnvironment
  readonly cache: CacheFile
  /** An absolute directory outside of the work tree; git's attributes are laid out there, and removed again. */
  readonly scratchDirectory: string
}

type Contents = ReadonlyMap<WorkspacePath, Uint8Array>

export interface IndexTree extends FileTree {
  /** Small files as a whole, read together: each call runs git once. A path that the index does not have is absent. */
  contents(paths: readonly WorkspacePath[], signal: AbortSignal): Promise<Result<Contents, Diagnostic[]>>
}

/**
 * Git's index as it would be checked out: line endings and filters as the index's own .gitattributes and git's configuration
 * say, executable bits and symlinks by their mode in the index, submodules at the commit that the index records.
 * What was only announced (`git add --intent-to-add`) is left out, as a commit would. The work tree is not looked at,
 * but for where submodules are. One tree serves one command: the index is listed once.
 */
export function gitIndexFiles(options: GitIndexOptions): IndexTree {
  const digests = createIndexDigests(options)
  let listing: Promise<Result<IndexListing, Diagnostic[]>> | null = null
  const listOnce = (signal: AbortSignal) => (listing ??= listIndex(options, signal))
  const reading = { scratchDirectory: options.scratchDirectory, list: listOnce }
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
    contents: (paths, signal) => readContents(paths, reading, signal),
    open: (entry) => readOne(entry.path, reading),
  }
}

interface Reading {
  readonly scratchDirectory: string
  list(signal: AbortSignal): Promise<Result<IndexListing, Diagnostic[]>>
}

async function readContents(
  paths: readonly WorkspacePath[],
  reading: Reading,
  signal: AbortSignal,
): Promise<Result<Contents, Diagnostic[]>> {
  const listed = await reading.list(signal)
  if (!listed.ok) return listed
  const files = paths.flatMap((path) => listed.value.files.get(path) ?? [])
  const contents = new Map<WorkspacePath, Buffer>()
  const sinkFor = ({ path }: { readonly path: WorkspacePath }) => collectingSink((content) => void contents.set(path, content))
  const read = await readIndexContents({ files, sinkFor, scratchDirectory: reading.scratchDirectory }, signal)
  return read.ok ? ok(contents) : read
}

/** @throws when the index does not have the file, or git cannot read it. */
async function* readOne(path: WorkspacePath, reading: Reading): AsyncIterable<Uint8Array> {
  const contents = await readContents([path], reading, new AbortController().signal)
  if (!contents.ok) throw new Error(contents.error.map(({ message }) => message).join('; '))
  const content = contents.value.get(path)
  if (content === undefined) throw new Error(`not in the index: ${path}`)
  yield content
}
