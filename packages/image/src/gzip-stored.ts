import { crc32 } from 'node:zlib'

/**
 * Wraps content of exactly `size` bytes into a gzip member of stored deflate blocks, so that the compressed digest hangs
 * on no encoder and no Node version. Yields pieces of about 1 MiB, each a buffer of its own.
 *
 * Header: FLG 0, MTIME 0, XFL 0, OS 255 (unknown): nothing of this machine, as Go's encoders write it.
 * @see https://www.rfc-editor.org/rfc/rfc1952 and https://www.rfc-editor.org/rfc/rfc1951#section-3.2.4
 * @throws when the content is not `size` bytes long.
 */
export async function* gzipStored(content: Iterable<Uint8Array> | AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Uint8Array> {
  const framer = new StoredFramer(size)
  for await (const piece of content) yield* framer.push(piece)
  yield* framer.finish()
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

/** Cuts content into stored blocks and gathers them in chunks. */
class StoredFramer {
  readonly #size: number
  /** Content still to come. */
  #remaining: number
  /** Content still to come of the block that is open. */
  #blockLeft = 0
  #checksum = 0
  #chunk = Buffer.allocUnsafe(CHUNK)
  #used = 0
  #full: Buffer[] = []

  constructor(size: number) {
    this.#size = size
    this.#remaining = size
    this.#append(HEADER)
    if (size === 0) this.#openBlock()
  }

  /** Takes a piece of content and gives the chunks that it filled. */
  push(piece: Uint8Array): readonly Buffer[] {
    if (piece.length > this.#remaining) throw new Error(`more than the ${this.#size} bytes that were announced`)
    this.#checksum = crc32(piece, this.#checksum)
    for (let offset = 0; offset < piece.length; ) {
      if (this.#blockLeft === 0) this.#openBlock()
      const length = Math.min(this.#blockLeft, piece.length - offset)
      this.#append(piece.subarray(offset, offset + length))
      this.#blockLeft -= length
      this.#remaining -= length
      offset += length
    }
    return this.#take()
  }

  finish(): readonly Buffer[] {
    if (this.#remaining > 0) throw new Error(`${this.#remaining} of the ${this.#size} bytes that were announced are missing`)
    const trailer = Buffer.alloc(TRAILER_SIZE)
    trailer.writeUInt32LE(this.#checksum, 0)
    trailer.writeUInt32LE(this.#size % 2 ** 32, 4)
    this.#append(trailer)
    return [...this.#take(), this.#chunk.subarray(0, this.#used)]
  }

  #openBlock(): void {
    const length = Math.min(MAX_BLOCK, this.#remaining)
    const header = Buffer.alloc(BLOCK_HEADER_SIZE)
    header[0] = length === this.#remaining ? 1 : 0
    header.writeUInt16LE(length, 1)
    header.writeUInt16LE(length ^ 0xffff, 3)
    this.#append(header)
    this.#blockLeft = length
  }

  #append(bytes: Uint8Array): void {
    for (let offset = 0; offset < bytes.length; ) {
      if (this.#used === CHUNK) {
        this.#full.push(this.#chunk)
        this.#chunk = Buffer.allocUnsafe(CHUNK)
        this.#used = 0
      }
      const length = Math.min(CHUNK - this.#used, bytes.length - offset)
      this.#chunk.set(bytes.subarray(offset, offset + length), this.#used)
      this.#used += length
      offset += length
    }
  }

  #take(): readonly Buffer[] {
    const full = this.#full
    this.#full = []
    return full
  }
}
