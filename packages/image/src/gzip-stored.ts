import { crc32 } from 'node:zlib'

/**
 * Wraps content of exactly `size` bytes into a gzip member of stored deflate blocks, so that the compressed digest hangs
 * on no encoder and no Node version. Yields pieces of about 1 MiB, each a buffer of its own.
 *
 * @throws when the content is not `size` bytes long.
 */
export async function* gzipStored(content: Iterable<Uint8Array> | AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Uint8Array> {
  let chunk = Buffer.allocUnsafe(Math.min(CHUNK, gzipStoredSize(size)))
  let used = 0
  let left = gzipStoredSize(size)
  for await (const segment of gzipSegments(content, size)) {
    for (let offset = 0; offset < segment.length; ) {
      const length = Math.min(chunk.length - used, segment.length - offset)
      chunk.set(segment.subarray(offset, offset + length), used)
      used += length
      offset += length
      if (used < chunk.length) continue
      yield chunk
      left -= used
      chunk = Buffer.allocUnsafe(Math.min(CHUNK, left))
      used = 0
    }
  }
}

/**
 * The same member without a copy of the content: parts of its pieces as they come, and between them the bytes of the format.
 * A segment is the reader's until it takes the next one.
 *
 * Header: FLG 0, MTIME 0, XFL 0, OS 255 (unknown): nothing of this machine, as Go's encoders write it.
 * @see https://www.rfc-editor.org/rfc/rfc1952 and https://www.rfc-editor.org/rfc/rfc1951#section-3.2.4
 */
export async function* gzipSegments(content: Iterable<Uint8Array> | AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Uint8Array> {
  /** Content still to come, in all and of the block that is open. */
  let remaining = size
  let blockLeft = 0
  let checksum = 0
  yield HEADER
  if (size === 0) yield blockHeader(0, true)
  for await (const piece of content) {
    if (piece.length > remaining) throw new Error(`more than the ${size} bytes that were announced`)
    checksum = crc32(piece, checksum)
    for (let offset = 0; offset < piece.length; ) {
      if (blockLeft === 0) {
        blockLeft = Math.min(MAX_BLOCK, remaining)
        yield blockHeader(blockLeft, blockLeft === remaining)
      }
      const length = Math.min(blockLeft, piece.length - offset)
      yield piece.subarray(offset, offset + length)
      blockLeft -= length
      remaining -= length
      offset += length
    }
  }
  if (remaining > 0) throw new Error(`${remaining} of the ${size} bytes that were announced are missing`)
  yield trailer(checksum, size)
}

/** Bytes of the gzip member for `size` bytes of content. */
export function gzipStoredSize(size: number): number {
  return HEADER.length + BLOCK_HEADER_SIZE * Math.max(1, Math.ceil(size / MAX_BLOCK)) + size + TRAILER_SIZE
}

const HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255])
const MAX_BLOCK = 65_535
const BLOCK_HEADER_SIZE = 5
const TRAILER_SIZE = 8
const CHUNK = 1024 * 1024

function blockHeader(length: number, last: boolean): Buffer {
  const header = Buffer.alloc(BLOCK_HEADER_SIZE)
  header[0] = last ? 1 : 0
  header.writeUInt16LE(length, 1)
  header.writeUInt16LE(length ^ 0xffff, 3)
  return header
}

function trailer(checksum: number, size: number): Buffer {
  const bytes = Buffer.alloc(TRAILER_SIZE)
  bytes.writeUInt32LE(checksum, 0)
  bytes.writeUInt32LE(size % 2 ** 32, 4)
  return bytes
}
