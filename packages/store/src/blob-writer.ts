import { dirname } from 'node:path'
import { createDigester, type Digest } from '@orchestrate/core'
import { BLOB_MODES, blobTime, type Variant } from './blob-layout.ts'
import type { BlobShelf, ShelfDeps } from './blob-shelf.ts'
import type { DirtyDirectories } from './dirty-directories.ts'
import { discard, syncPath, writeFully } from './durable-file.ts'
import { eachAtOnce } from './each-at-once.ts'

/** A blob's content in a temporary file, complete, with its final mode and times, but not on the shelf yet. */
export interface StagedBlob {
  readonly temporary: string
  readonly digest: Digest
  readonly size: number
  readonly variant: Variant
}

export type BlobContent = AsyncIterable<Uint8Array> | Uint8Array | string

export interface BlobWriter {
  /** Streams `content` into a temporary file and digests it on the way. What `content` throws is thrown on. */
  stage(content: BlobContent, variant: Variant): Promise<StagedBlob>
  /**
   * Puts staged blobs on the shelf, durably: contents are synced (many at a time, so that the file system can commit them together),
   * then renamed; their directories are synced once, before the next record is written (see `DirtyDirectories`).
   *
   * @throws DiskError; no temporary file is left either way.
   */
  publish(staged: readonly StagedBlob[]): Promise<void>
  abandon(staged: Iterable<StagedBlob>): void
}

const SYNCS_AT_ONCE = 16

export function createBlobWriter(deps: ShelfDeps, shelf: BlobShelf, dirty: DirtyDirectories): BlobWriter {
  const abandon = (staged: Iterable<StagedBlob>): void => {
    for (const blob of staged) discard(deps.disk, blob.temporary)
  }
  /** True when the temporary file has moved to the shelf. */
  const publishOne = async ({ digest, variant, temporary }: StagedBlob): Promise<boolean> => {
    if (deps.breath.due()) await deps.breath.take()
    const present = (await shelf.confirm(digest, variant)) === 'intact'
    if (present) {
      await keepDurable(deps, shelf, { digest, variant })
    } else {
      await syncPath(deps.disk, temporary)
      shelf.admit(temporary, { digest, variant, durable: true })
    }
    dirty.add(dirname(shelf.path(digest, variant)))
    return !present
  }
  return {
    stage: (content, variant) => stageBlob(deps, content, variant),
    publish: async (staged) => {
      const left = new Set(staged)
      const unique = new Map(staged.map((blob) => [`${blob.digest} ${blob.variant}`, blob])).values()
      try {
        await eachAtOnce([...unique], SYNCS_AT_ONCE, async (blob) => {
          if (await publishOne(blob)) left.delete(blob)
        })
      } finally {
        abandon(left)
      }
    },
    abandon,
  }
}

/** Syncs an intact blob that was copied as an input without a sync, and is now an output, too. */
async function keepDurable(deps: ShelfDeps, shelf: BlobShelf, { digest, variant }: Pick<StagedBlob, 'digest' | 'variant'>): Promise<void> {
  const seen = shelf.inspect(digest, variant)
  if (seen.kind !== 'intact' || deps.cache.isDurable(digest, variant)) return
  await syncPath(deps.disk, shelf.path(digest, variant))
  shelf.renew(digest, variant, seen.stats, 'durable')
}

async function stageBlob(deps: ShelfDeps, content: BlobContent, variant: Variant): Promise<StagedBlob> {
  const temporary = deps.run.next('blob')
  const digester = createDigester()
  const descriptor = deps.disk.create(temporary, BLOB_MODES[variant])
  let size = 0
  try {
    for await (const chunk of chunksOf(content)) {
      digester.update(chunk)
      writeFully(deps.disk, descriptor, chunk)
      size += chunk.length
    }
    const digest = digester.digest()
    deps.disk.setMode(descriptor, BLOB_MODES[variant])
    deps.disk.setTimes(descriptor, blobTime(digest))
    return { temporary, digest, size, variant }
  } catch (error) {
    discard(deps.disk, temporary)
    throw error
  } finally {
    deps.disk.close(descriptor)
  }
}

function chunksOf(content: BlobContent): AsyncIterable<Uint8Array> | readonly Uint8Array[] {
  if (typeof content === 'string') return [Buffer.from(content)]
  return content instanceof Uint8Array ? [content] : content
}
