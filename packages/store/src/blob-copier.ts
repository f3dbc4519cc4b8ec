import { closeSync, constants, fstatSync, lstatSync, openSync, readSync } from 'node:fs'
import { chmod } from 'node:fs/promises'
import { type Digest, digestOf, environmentError, type EnvironmentError } from '@orchestrate/core'
import { BLOB_MODES, blobTime, type Variant } from './blob-layout.ts'
import type { BlobShelf, ShelfDeps } from './blob-shelf.ts'
import { digestFile, SMALL_FILE_BYTES } from './digest-file.ts'
import { diskCode, onDisk, whileOnDisk } from './disk.ts'
import { discard, writeFully } from './durable-file.ts'
import { StoreTrouble } from './storage-error.ts'

/** Content that is somewhere on this machine and is wanted as a blob. */
export interface CopyRequest {
  readonly from: string
  readonly digest: Digest
  readonly variant: Variant
}

/**
 * Copies a file onto the shelf if its content has the wanted digest; null when it has another or is no file any more, otherwise its size.
 * The digest is always that of the bytes that were stored: small files are digested in memory before they are written, large ones
 * are copied first (by reflink where the file system can) and digested from the copy.
 *
 * Nothing is synced. A copied input can be copied again, so after a power cut a torn one is a blob to be found damaged:
 * the verification cache trusts it until the machine boots again and no longer. Once it becomes part of an output it is synced (see `BlobWriter`).
 *
 * @throws DiskError, or StoreTrouble when the user may not read the file.
 */
export async function copyOntoShelf(deps: ShelfDeps, shelf: BlobShelf, request: CopyRequest): Promise<number | null> {
  const source = openSource(request.from)
  if (source === null) return null
  const temporary = deps.run.next('copy')
  try {
    const small = source.size <= SMALL_FILE_BYTES
    const size = small ? copySmall(deps, source, { ...request, temporary }) : await copyLarge(deps, { ...request, temporary })
    if (size === null) discard(deps.disk, temporary)
    else shelf.admit(temporary, { digest: request.digest, variant: request.variant, durable: false })
    return size
  } catch (error) {
    discard(deps.disk, temporary)
    throw error
  } finally {
    closeSync(source.descriptor)
  }
}

interface Source {
  readonly descriptor: number
  readonly size: number
}

interface TemporaryCopy extends CopyRequest {
  readonly temporary: string
}

/** Never follows a link that took the file's place and never waits for a FIFO that did. */
function openSource(path: string): Source | null {
  try {
    const descriptor = onDisk(path, () => openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK))
    const stats = onDisk(path, () => fstatSync(descriptor))
    if (stats.isFile()) return { descriptor, size: stats.size }
    closeSync(descriptor)
    return null
  } catch (error) {
    const code = diskCode(error) ?? ''
    if (['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO'].includes(code)) return null
    if (['EACCES', 'EPERM'].includes(code)) throw new StoreTrouble(unreadableInput(path, code))
    throw error
  }
}

function unreadableInput(path: string, code: string): EnvironmentError {
  return environmentError({
    id: 'store/input-unreadable',
    message: `the input "${path}" cannot be read: ${code}`,
    help: 'give yourself permission to read it, or leave it out of the inputs',
  })
}

function copySmall(deps: ShelfDeps, source: Source, copy: TemporaryCopy): number | null {
  const bytes = readWhole(source, copy.from)
  if (digestOf(bytes) !== copy.digest) return null
  const descriptor = deps.disk.create(copy.temporary, BLOB_MODES[copy.variant])
  try {
    writeFully(deps.disk, descriptor, bytes)
    deps.disk.setMode(descriptor, BLOB_MODES[copy.variant])
    deps.disk.setTimes(descriptor, blobTime(copy.digest))
  } finally {
    deps.disk.close(descriptor)
  }
  return bytes.length
}

/** As many bytes as the file had when it was opened: one that grows since has another digest, or is the file that is wanted. */
function readWhole(source: Source, path: string): Uint8Array {
  const bytes = Buffer.allocUnsafe(source.size)
  let length = 0
  while (length < bytes.length) {
    const read = onDisk(path, () => readSync(source.descriptor, bytes, length, bytes.length - length, length))
    if (read === 0) break
    length += read
  }
  return bytes.subarray(0, length)
}

async function copyLarge(deps: ShelfDeps, copy: TemporaryCopy): Promise<number | null> {
  await deps.disk.clone(copy.from, copy.temporary)
  await whileOnDisk(copy.temporary, chmod(copy.temporary, BLOB_MODES[copy.variant]))
  const stats = onDisk(copy.temporary, () => lstatSync(copy.temporary))
  if ((await digestFile(copy.temporary, stats.size)) !== copy.digest) return null
  deps.disk.setTimesOf(copy.temporary, blobTime(copy.digest))
  return stats.size
}
