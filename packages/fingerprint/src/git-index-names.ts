import { decodeName, decodeNames } from './file-names.ts'

/** Names of an index file's entries, kept one after the other, so that they are decoded in one go. */
export interface IndexNames {
  /** Reads the name that begins at `at`; gives where its NUL is, or -1 when there is none. In version 4 it continues the one before. */
  read(at: number, isCompressed: boolean): number
  /** The one that was read last. */
  text(): string
  /** Whether the one that was read last is also the one that was kept last. */
  isRepeated(): boolean
  /** Keeps the one that was read last, and gives its number. */
  keep(): number
  /** Those that were kept. */
  all(): string[]
}

/** Longer ones no system opens. */
const LONGEST_NAME = 4096

export function indexNames(from: Buffer): IndexNames {
  let bytes = Buffer.allocUnsafe(from.length)
  let used = 0
  let count = 0
  let kept = 0
  let start = 0
  let length = 0
  const read = (at: number, isCompressed: boolean): number => {
    if (used + 2 * LONGEST_NAME > bytes.length) bytes = Buffer.concat([bytes], 2 * bytes.length + 2 * LONGEST_NAME)
    const stripped = isCompressed ? readVarint(from, at) : { value: length, next: at }
    if (stripped.value > length) return -1
    bytes.copyWithin(used, start, start + length - stripped.value)
    length -= stripped.value
    start = used
    for (let next = stripped.next; length < LONGEST_NAME; next += 1) {
      const byte = from[next]
      if (byte === 0) return next
      if (byte === undefined) return -1
      bytes[start + length] = byte
      length += 1
    }
    return -1
  }
  return {
    read,
    text: () => decodeName(bytes.subarray(start, start + length)),
    isRepeated: () => count > 0 && bytes.compare(bytes, kept, used - 1, start, start + length) === 0,
    keep: () => {
      bytes[start + length] = 0
      kept = start
      used = start + length + 1
      count += 1
      return count - 1
    },
    all: () => decodeNames(bytes.subarray(0, used)),
  }
}

/** As in the offsets of packs: seven bits at a time, highest first, with one added for each byte that follows. */
function readVarint(bytes: Buffer, start: number): { readonly value: number; readonly next: number } {
  let at = start
  let byte = bytes[at] ?? 0
  let value = byte & 0x7f
  while ((byte & 0x80) !== 0) {
    at += 1
    byte = bytes[at] ?? 0
    value = (value + 1) * 128 + (byte & 0x7f)
  }
  return { value, next: at + 1 }
}
