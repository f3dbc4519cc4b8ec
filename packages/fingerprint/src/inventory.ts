import type { Diagnostic, Digest, Result, TargetId, WorkspacePath } from '@orchestrate/core'

/** A file that a target's inputs matched, by content. */
export interface InventoryEntry {
  readonly path: WorkspacePath
  readonly mode: 'file' | 'executable' | 'symlink'
  /** Of the content; of the link text for a symlink. */
  readonly digest: Digest
  /** Bytes. */
  readonly size: number
}

/** What every target reads: the output of the phase `takeInventory`. */
export interface Inventory {
  /** Inputs of builds, `source` files of images, the tar of a rootfs toolchain; each list sorted by path. */
  readonly inputs: ReadonlyMap<TargetId, readonly InventoryEntry[]>
  /** Where the bytes come from. */
  readonly tree: FileTree
}

/** A finding about one file. Trees do not know who reads it: `takeInventory` adds the span of the pattern that does. */
export interface FileFinding extends Diagnostic {
  readonly path: WorkspacePath
}

/**
 * A tree of files: the work tree, git's index, or a directory without git.
 * Paths that git ignores are listed by no tree, but can be resolved by their exact name.
 */
export interface FileTree {
  /** `work-tree`, `index`. */
  readonly kind: 'work-tree' | 'index'
  /** Every file and symlink, sorted by code unit; a tracked file that was deleted may still be among them. */
  list(signal: AbortSignal): Promise<Result<readonly WorkspacePath[], Diagnostic[]>>
  /** Digests of `paths`; a path that does not exist, or is a directory, is absent from the answer. */
  resolve(paths: readonly WorkspacePath[], signal: AbortSignal): Promise<Result<ReadonlyMap<WorkspacePath, InventoryEntry>, FileFinding[]>>
  /** The bytes of a file, or the text of a symlink, as they are now: the reader verifies the digest. */
  open(entry: InventoryEntry): AsyncIterable<Uint8Array>
}
