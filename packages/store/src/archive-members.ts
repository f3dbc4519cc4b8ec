import { type ArchiveEntry, assertNever, err, ok, type Result } from '@orchestrate/core'
import { variantOf } from './blob-layout.ts'
import type { BlobWriter, StagedBlob } from './blob-writer.ts'
import { judgeLinkTarget, judgePath } from './judge-path.ts'
import type { TreeEntry } from './tree.ts'
import { MAX_TREE_ENTRIES } from './validate-tree.ts'

/** An entry of an archive whose name was judged and whose content is staged. */
export interface ArchiveMember {
  /** Position in the archive, from 0. */
  readonly index: number
  readonly entry: TreeEntry
}

export interface RejectedEntry {
  readonly index: number
  readonly path: string
  readonly reason: string
}

/**
 * Reads an archive to its end, or to the first entry that must not be there. What is staged is pushed onto `staged`, also when the
 * archive is rejected or breaks off. Of a mode only the owner's executable bit is kept.
 *
 * @throws what `entries` throws, and DiskError.
 */
export async function readArchive(
  entries: AsyncIterable<ArchiveEntry>,
  writer: BlobWriter,
  staged: StagedBlob[],
): Promise<Result<readonly ArchiveMember[], RejectedEntry>> {
  const members: ArchiveMember[] = []
  const byPath = new Map<string, TreeEntry>()
  let index = -1
  for await (const entry of entries) {
    index += 1
    const reject = (reason: string): Result<never, RejectedEntry> => err({ index, path: entry.path, reason })
    if (index >= MAX_TREE_ENTRIES) return reject(`there are more than ${MAX_TREE_ENTRIES} entries`)
    const path = ownName(entry)
    if (path === null) continue
    const reason = judgePath(path)
    if (reason !== null) return reject(reason)
    const taken = await takeEntry(entry, path, { writer, staged, byPath })
    if (!taken.ok) return reject(taken.error)
    members.push({ index, entry: taken.value })
    byPath.set(path, taken.value)
  }
  return ok(members)
}

interface Reading {
  readonly writer: BlobWriter
  readonly staged: StagedBlob[]
  readonly byPath: ReadonlyMap<string, TreeEntry>
}

/** The path without what archives put around it, `./` before and `/` after a directory's; null for the root directory itself. */
function ownName(entry: ArchiveEntry): string | null {
  const path = withoutDot(entry.path)
  if (entry.type !== 'directory') return path
  return path === '' || path === '.' ? null : path.replace(/([^/])\/$/, '$1')
}

const withoutDot = (path: string): string => (path.startsWith('./') ? path.slice(2) : path)

async function takeEntry(entry: ArchiveEntry, path: string, reading: Reading): Promise<Result<TreeEntry, string>> {
  switch (entry.type) {
    case 'directory':
      return ok({ type: 'directory', path })
    case 'symlink': {
      const reason = judgeLinkTarget(entry.linkName)
      return reason === null ? ok({ type: 'symlink', path, target: entry.linkName }) : err(reason)
    }
    case 'hardlink':
      return resolveHardLink(entry, path, reading.byPath)
    case 'file':
      return takeFile(entry, path, reading)
    case 'other':
      return err('it is a device, a FIFO, a socket or of an unknown type')
    default:
      return assertNever(entry.type)
  }
}

function resolveHardLink(entry: ArchiveEntry, path: string, byPath: ReadonlyMap<string, TreeEntry>): Result<TreeEntry, string> {
  const target = withoutDot(entry.linkName)
  if (judgePath(target) !== null) return err('its hard link leaves the outputs')
  const original = byPath.get(target)
  if (original === undefined) return err('its hard link names no earlier entry')
  return original.type === 'directory' ? err('its hard link names a directory') : ok({ ...original, path })
}

async function takeFile(entry: ArchiveEntry, path: string, { writer, staged }: Reading): Promise<Result<TreeEntry, string>> {
  const executable = (entry.mode & 0o100) !== 0
  const blob = await writer.stage(entry.content, variantOf(executable))
  staged.push(blob)
  if (blob.size !== entry.size) return err(`it holds ${blob.size} bytes instead of ${entry.size}`)
  return ok({ type: 'file', path, digest: blob.digest, size: blob.size, executable })
}
