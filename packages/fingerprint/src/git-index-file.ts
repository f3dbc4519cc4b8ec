import { type IndexNames, indexNames } from './git-index-names.ts'

/** What git's index file says of the work tree: the files that it tracks, and in which state it last saw each. */
export interface IndexFile {
  /** Regular files and symlinks in git's order (by bytes), each once. */
  readonly files: readonly string[]
  readonly submodules: readonly string[]
  /**
   * Whether `numbers` has, from `at` on, the state (see `statNumbers`) in which git last saw file number `file`. Never for a file
   * that git was told not to look at, that is in conflict, or that was only announced. The mode is not compared: who changes
   * it changes the ctime.
   */
  isState(file: number, numbers: ArrayLike<number>, at: number): boolean
  /** Second in which git last saw a change of file number `file`; infinite where `isState` is never true. */
  changedAt(file: number): number
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
  const names = indexNames(bytes)
  const submodules: string[] = []
  // Where the entry of each file begins, or -1 for one that tells nothing.
  const offsets = new Int32Array(count)
  let at = HEADER_BYTES
  for (let entry = 0; entry < count; entry += 1) {
    const head = readHead(bytes, { at, hashBytes, version })
    const nameEnd = head === null || head.nameAt >= end ? -1 : names.read(head.nameAt, version === 4)
    if (head === null || nameEnd < 0 || nameEnd >= end) return null
    if (head.type === SUBMODULE) submodules.push(names.text())
    else if (head.type !== REGULAR && head.type !== SYMLINK) return null
    // The stages of a merge conflict follow each other.
    else if (head.stage === 0 || !names.isRepeated()) offsets[names.keep()] = head.isSilent ? -1 : at
    at = version === 4 ? nameEnd + 1 : at + (((nameEnd - at) >>> 3) + 1) * 8
  }
  return areExtensionsKnown(bytes, at, end) ? createIndexFile(bytes, names, { offsets, submodules }) : null
}

interface EntryHead {
  readonly type: number
  readonly stage: number
  readonly isSilent: boolean
  readonly nameAt: number
}

function readHead(
  bytes: Buffer,
  { at, hashBytes, version }: { readonly at: number; readonly hashBytes: number; readonly version: number },
): EntryHead | null {
  const flagsAt = at + OBJECT + hashBytes
  if (flagsAt + 4 > bytes.length) return null
  const flags = bytes.readUInt16BE(flagsAt)
  const isExtended = version > 2 && (flags & EXTENDED) !== 0
  const more = isExtended ? bytes.readUInt16BE(flagsAt + 2) : 0
  return {
    type: bytes.readUInt32BE(at + MODE) >>> 12,
    stage: flags & STAGE,
    isSilent: (flags & (ASSUME_VALID | STAGE)) !== 0 || (more & (SKIP_WORKTREE | INTENT_TO_ADD)) !== 0,
    nameAt: flagsAt + (isExtended ? 4 : 2),
  }
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

function createIndexFile(
  bytes: Buffer,
  names: IndexNames,
  { offsets, submodules }: { readonly offsets: Int32Array; readonly submodules: readonly string[] },
): IndexFile {
  const milliseconds = (at: number): number => bytes.readUInt32BE(at) * 1000 + bytes.readUInt32BE(at + 4) / 1e6
  return {
    files: names.all(),
    submodules,
    isState: (file, numbers, at) => {
      const entry = offsets[file] ?? -1
      if (entry < 0) return false
      return (
        milliseconds(entry + CTIME) === numbers[at + 2] &&
        milliseconds(entry + MTIME) === numbers[at + 1] &&
        bytes.readUInt32BE(entry + INODE) === (numbers[at + 3] ?? 0) % TWO_TO_32 &&
        bytes.readUInt32BE(entry + SIZE) === (numbers[at] ?? 0) % TWO_TO_32
      )
    },
    changedAt: (file) => {
      const entry = offsets[file] ?? -1
      return entry < 0 ? Number.POSITIVE_INFINITY : Math.max(bytes.readUInt32BE(entry + CTIME), bytes.readUInt32BE(entry + MTIME))
    },
  }
}

/** git keeps the lower 32 bits of a number. */
const TWO_TO_32 = 2 ** 32
