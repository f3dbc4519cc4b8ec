import { lstatSync } from 'node:fs'
import { createDigester, type Digest, digestOf, environmentError, type EnvironmentError } from '@orchestrate/core'
import { copyOntoShelf, type CopyRequest } from './blob-copier.ts'
import { otherVariant, type Variant, variantOf } from './blob-layout.ts'
import { type BlobShelf, isAsAdmitted, type ShelfDeps } from './blob-shelf.ts'
import type { BlobWriter } from './blob-writer.ts'
import { DiskError, onDisk, readIfThere } from './disk.ts'
import { IntegrityError, unusableBlob } from './integrity-error.ts'
import { readPieces } from './read-pieces.ts'
import { attempt, StoreTrouble } from './storage-error.ts'
import type { Blobs, PutOptions, StoredBlob } from './store.ts'

/** The content-addressed files of a store. */
export function createBlobs(deps: ShelfDeps, shelf: BlobShelf, writer: BlobWriter): Blobs {
  return {
    put: (content, options = {}) => attempt(deps.root, () => putBlob(writer, content, options)),
    copyFile: (path, expected, options = {}) => {
      const request = { from: path, digest: expected, variant: variantOf(options.executable === true) }
      return attempt(deps.root, () => copyUnlessPresent(deps, shelf, request))
    },
    has: async (digest) => statOf(shelf, digest) !== null,
    size: async (digest) => statOf(shelf, digest)?.size ?? null,
    verify: async (digests) => {
      const bad: Digest[] = []
      for (const digest of new Set(digests)) {
        if (shelf.inspect(digest, 'plain').kind === 'intact') continue
        if (deps.breath.due()) await deps.breath.take()
        const found = await shelf.find(digest)
        if (found !== 'plain' && found !== 'executable') bad.push(digest)
      }
      return bad
    },
    read: (digest) => readBlob(deps, shelf, digest),
    text: async (digest) => readText(shelf, digest),
    file: (digest, executable) => attempt(deps.root, () => blobFile(deps, shelf, { digest, variant: variantOf(executable) })),
  }
}

/**
 * The path of an intact blob file with the wanted mode, made from its twin when only that one is there.
 *
 * @throws StoreTrouble when the blob is missing or damaged, DiskError.
 */
export async function blobFile(
  deps: ShelfDeps,
  shelf: BlobShelf,
  wanted: { readonly digest: Digest; readonly variant: Variant },
): Promise<string> {
  const { digest, variant } = wanted
  const path = shelf.path(digest, variant)
  const state = await shelf.confirm(digest, variant)
  if (state === 'intact') return path
  const twin = otherVariant(variant)
  const twinState = await shelf.confirm(digest, twin)
  const copied = twinState === 'intact' ? await copyOntoShelf(deps, shelf, { from: shelf.path(digest, twin), digest, variant }) : null
  if (copied !== null) return path
  throw new StoreTrouble(unusableBlob(digest, state === 'damaged' || twinState === 'damaged' ? 'damaged' : 'missing', deps.root))
}

async function putBlob(writer: BlobWriter, content: Parameters<Blobs['put']>[0], options: PutOptions): Promise<StoredBlob> {
  const staged = await writer.stage(content, variantOf(options.executable === true))
  if (options.expected !== undefined && staged.digest !== options.expected) {
    writer.abandon([staged])
    throw new StoreTrouble(digestMismatch(options.expected, staged))
  }
  await writer.publish([staged])
  return { digest: staged.digest, size: staged.size }
}

function digestMismatch(expected: Digest, actual: StoredBlob): EnvironmentError {
  return environmentError({
    kind: 'integrity',
    id: 'store/digest-mismatch',
    message: `content that should have digest ${expected} has another one`,
    details: [`expected ${expected}`, `received ${actual.digest} (${actual.size} bytes)`],
    help: 'fetch it again; if it happens again, its source is damaged or not what it claims to be',
  })
}

/** Content that is on the shelf already need not be read again, whatever its source has become. */
async function copyUnlessPresent(deps: ShelfDeps, shelf: BlobShelf, request: CopyRequest): Promise<StoredBlob | null> {
  const { digest, variant } = request
  if (deps.breath.due()) await deps.breath.take()
  if ((await shelf.confirm(digest, variant)) === 'intact') {
    return { digest, size: onDisk(shelf.path(digest, variant), () => lstatSync(shelf.path(digest, variant))).size }
  }
  const size = await copyOntoShelf(deps, shelf, request)
  return size === null ? null : { digest, size }
}

/** Without reading it, a blob is right when its mtime is: every write would have changed that. */
function statOf(shelf: BlobShelf, digest: Digest): { readonly size: number } | null {
  for (const variant of ['plain', 'executable'] as const) {
    const seen = shelf.inspect(digest, variant)
    if (seen.kind !== 'missing' && isAsAdmitted(seen.stats, digest, variant)) return seen.stats
  }
  return null
}

async function* readBlob(deps: ShelfDeps, shelf: BlobShelf, digest: Digest): AsyncGenerator<Uint8Array> {
  if (deps.breath.due()) await deps.breath.take()
  const variant = await shelf.find(digest)
  if (variant === 'missing' || variant === 'damaged') throw new IntegrityError(digest, `blob ${digest} is ${variant}`)
  const digester = createDigester()
  try {
    for await (const piece of readPieces(shelf.path(digest, variant))) {
      digester.update(piece)
      yield piece
    }
  } catch (error) {
    throw error instanceof DiskError ? new IntegrityError(digest, `blob ${digest} cannot be read`, error) : error
  }
  if (digester.digest() !== digest) throw new IntegrityError(digest, `blob ${digest} is damaged`)
}

async function readText(shelf: BlobShelf, digest: Digest): Promise<string | null> {
  for (const variant of ['plain', 'executable'] as const) {
    const bytes = readIfThere(shelf.path(digest, variant))
    if (bytes === null) continue
    if (digestOf(bytes) === digest) return bytes.toString('utf8')
    await shelf.confirm(digest, variant)
  }
  return null
}
