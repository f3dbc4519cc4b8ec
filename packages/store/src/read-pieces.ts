import { readFileSync, statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { SMALL_FILE_BYTES } from './digest-file.ts'
import { onDisk, whileOnDisk } from './disk.ts'

/**
 * The bytes of a file in pieces of up to 1 MiB. A piece is the reader's until it takes the next one, for which the same memory is used:
 * buffers of their own would make the garbage collector stop for hundreds of megabytes. Small files come by one synchronous call, so whoever reads many of them gives others their turn (see `Breath`).
 *
 * @throws DiskError
 */
export async function* readPieces(path: string): AsyncGenerator<Uint8Array> {
  if (onDisk(path, () => statSync(path)).size <= SMALL_FILE_BYTES) yield onDisk(path, () => readFileSync(path))
  else yield* readLargeFile(path)
}

const PIECE_BYTES = 1 << 20

async function* readLargeFile(path: string): AsyncGenerator<Uint8Array> {
  const file = await whileOnDisk(path, open(path, 'r'))
  const buffer = Buffer.allocUnsafeSlow(PIECE_BYTES)
  try {
    for (;;) {
      const { bytesRead } = await whileOnDisk(path, file.read(buffer))
      if (bytesRead > 0) yield buffer.subarray(0, bytesRead)
      if (bytesRead < PIECE_BYTES) return
    }
  } finally {
    await file.close()
  }
}
