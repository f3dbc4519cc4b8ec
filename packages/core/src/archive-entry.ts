/**
 * One entry of what a builder left under /out, or of an archive, as it came: nothing about it is trusted.
 * `path` never becomes a path on this machine; the store judges it (see `ingestTree`).
 */
export interface ArchiveEntry {
  /** As written in the archive, relative to its root, POSIX separators, possibly hostile. */
  readonly path: string
  readonly type: 'file' | 'directory' | 'symlink' | 'hardlink' | 'other'
  /** Permission bits as found. */
  readonly mode: number
  /** Bytes of content; 0 for everything but a file. */
  readonly size: number
  /** Target text of a symlink or hard link, otherwise the empty string. */
  readonly linkName: string
  /** The content of a file, to be read to its end before the next entry is taken; empty otherwise. */
  readonly content: AsyncIterable<Uint8Array>
}
