import { readFileSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { createDigester, type Digest, digestOf } from '@orchestrate/core'
import { onDisk, whileOnDisk } from './disk.ts'

/** Files up to this many bytes are read in one synchronous call, which is several times faster; larger ones must not hold up the event loop. */
export const SMALL_FILE_BYTES = 1 << 20

const CHUNK_BYTES = 1 << 20

/**
 * The SHA-256 of a file's content.
 *
 * @param size what `stat` says of it; decides only how it is read.
 * @throws DiskError
 */
export async function digestFile(path: string, size: number): Promise<Digest> {
  if (size <= SMALL_FILE_BYTES) return digestOf(onDisk(path, () => readFileSync(path)))
  const file = await whileOnDisk(path, open(path, 'r'))
  try {
    return await whileOnDisk(path, digestHandle(file))
  } finally {
    await file.close()
  }
}

async function digestHandle(file: FileHandle): Promise<Digest> {
  const digester = createDigester()
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES)
  for (;;) {
    const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES)
    if (bytesRead === 0) return digester.digest()
    digester.update(chunk.subarray(0, bytesRead))
  }
}
