import { decodeName, decodeNames } from './file-names.ts'

/** What git's index file says of the work tree: the files that it tracks, and in which state it last saw each. */
export interface IndexFile {
  /** Regular files and symlinks in git's order (by bytes), each once. */
  readonly paths: readonly string[]
  readonly submodules: readonly string[]
  /**
   * Whether `states` has, from `at` on, the state in which git last saw the file of `row`, as `statNumbers` gives it. Never for a
   * file that git was told not to look at, that is in conflict, or that was only announced. The mode is not compared: who
   * changes it changes the ctime.
   */
  isState(row: number, states: ArrayLike<number>, at: number): boolean
}

/**
 * Reads versions 2 to 4 with SHA-1 or SHA-256. Null for what it cannot read: a split or sparse index, another version, damage.
 * @see https://git-scm.com/docs/index-format
 */
export function parseIndexFile(bytes: Buffer): IndexFile | null {
  // An index does not say which kind of object it names, but only one of them makes sense of it.
  return parse(bytes, SHA1_BYTES) ?? parse(bytes, SHA256_BYTES)
}

const SHA1_BYTES = 20
const SHA256_BYTES = 32
const HEADER_BYTES = 12

/** Offsets in an entry: the numbers of `stat`, each 32 bits wide, before the object id and the flags. */
const CTIME = 0
const MTIME = 8
const INODE = 20
const MODE = 24
const SIZE = 36
const OBJECT = 40

const ASSUME_VALID = 0x8000
const EXTENDED = 0x4000
const STAGE = 0x3000
/** In the second word of flags. */
const SKIP_WORKTREE = 0x4000
const INTENT_TO_ADD = 0x2000

const REGULAR = 0o10
const SYMLINK = 0o12
const SUBMODULE = 0o16

function parse(bytes: Buffer, hashBytes: number): IndexFile | null {
  const end = bytes.length - hashBytes
  if (end < HEADER_BYTES || bytes.toString('latin1', 0, 4) !== 'DIRC') return null
  const version = bytes.readUInt32BE(4)
  const count = bytes.readUInt32BE(8)
  if (version < 2 || version > 4 || count > bytes.length / OBJECT) return null
  const names = createNames(bytes)
  const submodules: string[] = []
  // Where the entry of each file begins, or -1 for one that tells nothing.
  const offsets = new Int32Array(count)
  let at = HEADER_BYTES
  for (let entry = 0; entry < count; entry += 1) {
    const flagsAt = at + OBJECT + hashBytes
    if (flagsAt + 4 >= end) return null
    const flags = bytes.readUInt16BE(flagsAt)
    const isExtended = version > 2 && (flags & EXTENDED) !== 0
    const more = isExtended ? bytes.readUInt16BE(flagsAt + 2) : 0
    const nameEnd = names.read(flagsAt + (isExtended ? 4 : 2), version === 4)
    if (nameEnd < 0 || nameEnd >= end) return null
    const type = bytes.readUInt32BE(at + MODE) >>> 12
    const isSilent = (flags & (ASSUME_VALID | STAGE)) !== 0 || (more & (SKIP_WORKTREE | INTENT_TO_ADD)) !== 0
    if (type === SUBMODULE) submodules.push(names.text())
    else if (type !== REGULAR && type !== SYMLINK) return null
    // The stages of a merge conflict follow each other.
    else if ((flags & STAGE) === 0 || !names.isRepeated()) offsets[names.keep()] = isSilent ? -1 : at
    at = version === 4 ? nameEnd + 1 : at + (((nameEnd - at) >>> 3) + 1) * 8
  }
  if (!areExtensionsKnown(bytes, at, end)) return null
  return { paths: names.all(), submodules, isState: stateReader(bytes, offsets) }
}

/** Whether what follows the entries is whole and may be passed over: an extension that must be understood starts with a small letter. */
function areExtensionsKnown(bytes: Buffer, start: number, end: number): boolean {
  let at = start
  while (at + 8 <= end) {
    if ((bytes[at] ?? 0) >= 0x61) return false
    at += 8 + bytes.readUInt32BE(at + 4)
  }
  return at === end
}

function stateReader(bytes: Buffer, offsets: Int32Array): IndexFile['isState'] {
  const milliseconds = (at: number): number => bytes.readUInt32BE(at) * 1000 + bytes.readUInt32BE(at + 4) / 1e6
  return (row, states, at) => {
    const entry = offsets[row] ?? -1
    if (entry < 0) return false
    return (
      milliseconds(entry + CTIME) === states[at + 2] &&
      milliseconds(entry + MTIME) === states[at + 1] &&
      bytes.readUInt32BE(entry + INODE) === (states[at + 3] ?? 0) % TWO_TO_32 &&
      bytes.readUInt32BE(entry + SIZE) === (states[at] ?? 0) % TWO_TO_32
    )
  }
}

/** git keeps the lower 32 bits of a number. */
const TWO_TO_32 = 2 ** 32

/** Longer ones no system opens. */
const LONGEST_NAME = 4096

/** Names of entries, one after the other, so that they are decoded in one go. */
interface Names {
  /** Reads the name that begins at `at`; gives where its NUL is, or -1 when there is none. In version 4 it continues the one before. */
  read(at: number, isCompressed: boolean): number
  /** The one that was read last. */
  text(): string
  /** Whether the one that was read last was kept before it. */
  isRepeated(): boolean
  /** Keeps the one that was read last, and gives its number. */
  keep(): number
  /** Those that were kept. */
  all(): string[]
}

function createNames(from: Buffer): Names {
  let bytes = Buffer.allocUnsafe(from.length)
  let used = 0
  let count = 0
  let kept = 0
  let start = 0
  let length = 0
  const read = (at: number, isCompressed: boolean): number => {
    if (used + 2 * LONGEST_NAME > bytes.length) bytes = Buffer.concat([bytes], 2 * bytes.length + 2 * LONGEST_NAME)
    const stripped = isCompressed ? readVarint(from, at) : { value: length, next: at }
    const end = from.indexOf(0, stripped.next)
    const shared = length - stripped.value
    if (end < 0 || shared < 0 || shared + end - stripped.next > LONGEST_NAME) return -1
    if (shared > 0) bytes.copyWithin(used, start, start + shared)
    from.copy(bytes, used + shared, stripped.next, end)
    start = used
    length = shared + end - stripped.next
    return end
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
