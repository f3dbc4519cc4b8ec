import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs'
import { open, readlink } from 'node:fs/promises'
import { createDigester, type Digest, digestOf } from '@orchestrate/core'
import { isLfsPointer } from './lfs-pointer.ts'

export interface DigestedFile {
  readonly digest: Digest
  /** As it was before and after reading, or null when the file changed meanwhile. */
  readonly stat: Stats | null
  readonly size: number
  /** True for what git-LFS leaves where the content has not been fetched. */
  readonly isLfsPointer: boolean
}

/**
 * Reads the regular file at `absolute` to its end, in memory bounded by one buffer. Symlinks are not followed.
 * @throws the system's error when it cannot be opened or read.
 */
export function digestFile(absolute: string): DigestedFile {
  const descriptor = openSync(absolute, READ_FLAGS)
  try {
    const before = fstatSync(descriptor)
    const content = digestDescriptor(descriptor)
    const after = fstatSync(descriptor)
    const isStable = before.size === content.size && before.mtimeMs === after.mtimeMs && before.ctimeMs === after.ctimeMs
    return { ...content, stat: isStable ? after : null }
  } finally {
    closeSync(descriptor)
  }
}

/** A FIFO that took the file's place must neither be followed to nor block us. */
const READ_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK

/** Files are read one at a time and in one go, so one buffer serves them all. */
const buffer = Buffer.allocUnsafeSlow(1024 * 1024)

function digestDescriptor(descriptor: number): Omit<DigestedFile, 'stat'> {
  const first = fill(descriptor)
  if (first < buffer.length) {
    const content = buffer.subarray(0, first)
    return { digest: digestOf(content), size: first, isLfsPointer: isLfsPointer(content) }
  }
  const digester = createDigester()
  let size = 0
  for (let length = first; length > 0; length = fill(descriptor)) {
    digester.update(buffer.subarray(0, length))
    size += length
  }
  return { digest: digester.digest(), size, isLfsPointer: false }
}

/** Reads until the buffer is full or the file ends. */
function fill(descriptor: number): number {
  let length = 0
  while (length < buffer.length) {
    const read = readSync(descriptor, buffer, length, buffer.length - length, null)
    if (read === 0) break
    length += read
  }
  return length
}

/** The bytes of a regular file, piece by piece. */
export async function* readFilePieces(absolute: string): AsyncIterable<Uint8Array> {
  const file = await open(absolute, READ_FLAGS)
  try {
    for (;;) {
      const { bytesRead, buffer: piece } = await file.read(Buffer.allocUnsafe(256 * 1024), 0)
      if (bytesRead === 0) return
      yield piece.subarray(0, bytesRead)
    }
  } finally {
    await file.close()
  }
}

/** The text of a symlink, as one piece. */
export async function* readLinkText(absolute: string): AsyncIterable<Uint8Array> {
  yield await readlink(absolute, { encoding: 'buffer' })
}
