import { ArchiveFault, malformed } from './archive-fault.ts'
import { type BinaryText, showName } from './binary-text.ts'

/** The fields of one header block, extended headers not yet applied. */
export interface TarHeader {
  /** `0` for a file, `5` for a directory, … */
  readonly flag: string
  readonly name: BinaryText
  readonly linkName: BinaryText
  /** Permission, setuid, setgid and sticky bits. */
  readonly mode: number
  /** 0 where it is none that a container has. */
  readonly uid: number
  readonly gid: number
  /** Bytes of content that follow. */
  readonly size: number
  /** Seconds since the Unix epoch. */
  readonly mtime: number
}

export const TAR_BLOCK = 512

/**
 * Reads a header block of USTAR or GNU tar.
 *
 * @see https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_94_13_06
 * @throws ArchiveFault
 */
export function parseHeader(block: Buffer): TarHeader {
  verifyChecksum(block)
  const prefix = block.toString('latin1', 257, 263) === 'ustar\0' ? textAt(block, 345, 155) : ''
  const name = textAt(block, 0, 100)
  return {
    flag: String.fromCharCode(block[156] ?? 0),
    name: prefix === '' ? name : `${prefix}/${name}`,
    linkName: textAt(block, 157, 100),
    mode: numberAt(block, 100, 8) & 0o7777,
    uid: ownerAt(block, 108),
    gid: ownerAt(block, 116),
    size: sizeAt(block, 124),
    mtime: numberAt(block, 136, 12),
  }
}

/** Bytes that fill the last block of `size` bytes. */
export function paddingOf(size: number): number {
  return (TAR_BLOCK - (size % TAR_BLOCK)) % TAR_BLOCK
}

/** A field of 12 bytes that counts bytes. @throws ArchiveFault */
export function sizeAt(block: Buffer, offset: number): number {
  const size = numberAt(block, offset, 12)
  if (size < 0) throw malformed('a header holds a negative size')
  return size
}

/** The text of a field, up to its first NUL. */
export function textAt(block: Buffer, offset: number, width: number): BinaryText {
  const end = block.indexOf(0, offset)
  return block.toString('latin1', offset, end < 0 || end > offset + width ? offset + width : end)
}

/** An owner that a container has; root in place of any other: most readers of a header have no use for it. */
export function containerOwner(owner: number): number {
  return owner >= 0 && owner <= LAST_OWNER ? owner : 0
}

/** Of the ids that are mapped into containers. */
const LAST_OWNER = 65535

function ownerAt(block: Buffer, offset: number): number {
  try {
    return containerOwner(numberAt(block, offset, 8))
  } catch (error) {
    if (error instanceof ArchiveFault) return 0
    throw error
  }
}

/** Octal text, or base-256 when the first bit is set (GNU; the second bit is the sign). */
function numberAt(block: Buffer, offset: number, width: number): number {
  const first = block[offset] ?? 0
  if (first >= 0x80) return base256At(block, offset, width)
  const text = textAt(block, offset, width).trim()
  if (!/^[0-7]*$/.test(text)) throw malformed(`a header holds ${showName(text)} where a number belongs`)
  return text === '' ? 0 : Number.parseInt(text, 8)
}

function base256At(block: Buffer, offset: number, width: number): number {
  const negative = ((block[offset] ?? 0) & 0x40) !== 0
  let value = (block[offset] ?? 0) & 0x3f
  if (negative) value -= 0x40
  for (let index = offset + 1; index < offset + width; index += 1) value = value * 256 + (block[index] ?? 0)
  if (!Number.isSafeInteger(value)) throw malformed('a header holds a number that is too large')
  return value
}

/** The sum of unsigned bytes, or of signed ones as some old programs wrote it. */
function verifyChecksum(block: Buffer): void {
  let unsigned = 0
  let signed = 0
  for (let index = 0; index < TAR_BLOCK; index += 1) {
    const byte = index >= 148 && index < 156 ? 0x20 : (block[index] ?? 0)
    unsigned += byte
    signed += byte < 0x80 ? byte : byte - 0x100
  }
  const stated = numberAt(block, 148, 8)
  if (stated !== unsigned && stated !== signed) throw malformed('a header has the wrong checksum')
}
