import { dirname } from 'node:path'
import { type Disk, diskCode } from './disk.ts'

export interface DurableFile {
  readonly path: string
  /** A free path on the same file system. */
  readonly temporary: string
  readonly content: string | Uint8Array
  readonly mode: number
}

/**
 * Replaces a file as a whole, so that it holds the old or the new content after any crash:
 * write beside, fsync, rename, fsync of the directory.
 *
 * @throws DiskError, leaving no temporary file behind.
 */
export async function writeDurably(disk: Disk, file: DurableFile): Promise<void> {
  try {
    const descriptor = disk.create(file.temporary, file.mode)
    try {
      writeFully(disk, descriptor, typeof file.content === 'string' ? Buffer.from(file.content) : file.content)
      await disk.sync(descriptor)
    } finally {
      disk.close(descriptor)
    }
    moveInto(disk, file.temporary, file.path)
  } catch (error) {
    discard(disk, file.temporary)
    throw error
  }
  await syncPath(disk, dirname(file.path))
}

/** Writes all of `bytes`, however many calls it takes. */
export function writeFully(disk: Disk, descriptor: number, bytes: Uint8Array): void {
  for (let rest = bytes; rest.length > 0; ) rest = rest.subarray(disk.write(descriptor, rest))
}

/** Renames `from` to `to`, making the directory of `to` when somebody removed it. */
export function moveInto(disk: Disk, from: string, to: string): void {
  try {
    disk.rename(from, to)
  } catch (error) {
    if (diskCode(error) !== 'ENOENT') throw error
    disk.makeDirectory(dirname(to), 0o700)
    disk.rename(from, to)
  }
}

/** Asks the disk to keep what a file or directory holds now. */
export async function syncPath(disk: Disk, path: string): Promise<void> {
  const descriptor = disk.open(path)
  try {
    await disk.sync(descriptor)
  } finally {
    disk.close(descriptor)
  }
}

/** Removes a temporary file. A leftover is swept with its run's directory, so a refusal may pass. */
export function discard(disk: Disk, path: string): void {
  try {
    disk.unlink(path)
  } catch (error) {
    if (diskCode(error) === null) throw error
  }
}
