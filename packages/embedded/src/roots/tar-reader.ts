import { malformed } from './archive-fault.ts'
import { type BinaryText, showName } from './binary-text.ts'
import { decimal, decimalSeconds, parsePaxRecords, type PaxRecord } from './pax-records.ts'
import { type SparseMap, sparseEntriesAt, sparseMap, sparseMapInRecords, SparsePrefix, storedSize } from './sparse-map.ts'
import { containerOwner, paddingOf, parseHeader, sizeAt, TAR_BLOCK, type TarHeader } from './tar-header.ts'

/** One member of an archive as it came: nothing about it is trusted. */
export interface TarMember {
  readonly type: 'file' | 'directory' | 'symlink' | 'hardlink' | 'device'
  readonly name: BinaryText
  readonly linkName: BinaryText
  /** Permission, setuid, setgid and sticky bits. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** Of a file with its holes, bytes. */
  readonly size: number
  /** Seconds since the Unix epoch. */
  readonly mtime: number
}

/** What a `TarReader` finds, in the order of the archive. */
export interface TarVisitor {
  member(member: TarMember): void
  /** A piece of the content of the last member, a file, and where in it the piece belongs; only until the call returns. */
  content(piece: Uint8Array, position: number): void
  /** The last member is complete. */
  memberEnd(): void
}

/**
 * Reads a tar that is pushed through it in pieces of any size: USTAR, PAX, GNU's long names, base-256 numbers and sparse files.
 * Checksums and the end are verified; what follows the end is passed over.
 */
export class TarReader {
  readonly #visitor: TarVisitor
  #gathering: Gathering
  /** Segments of the present member's content that are still to come, last first; the next one may have been read in part. */
  #segments: { offset: number; length: number }[] = []
  #skip = 0
  #inMember = false
  #ended = false
  #globals: readonly PaxRecord[] = []
  #locals: PaxRecord[] = []

  constructor(visitor: TarVisitor) {
    this.#visitor = visitor
    this.#gathering = this.#nextHeader()
  }

  /** @throws ArchiveFault, and what the visitor throws */
  push(piece: Uint8Array): void {
    for (let offset = 0; offset < piece.length && !this.#ended; ) offset += this.#consume(piece.subarray(offset))
  }

  /** To be called after the last piece. @throws ArchiveFault when the archive is not complete */
  end(): void {
    if (!this.#ended) throw malformed('the archive ends too early')
  }

  /** Takes some of `bytes` and says how many. */
  #consume(bytes: Uint8Array): number {
    const segment = this.#segments.at(-1)
    if (segment !== undefined) return this.#readContent(segment, bytes)
    if (this.#skip > 0) {
      const passed = Math.min(this.#skip, bytes.length)
      this.#skip -= passed
      return passed
    }
    const { body, used, whenFull } = this.#gathering
    const taken = Math.min(body.length - used, bytes.length)
    body.set(bytes.subarray(0, taken), used)
    this.#gathering.used += taken
    if (this.#gathering.used === body.length) whenFull(body)
    return taken
  }

  #readContent(segment: { offset: number; length: number }, bytes: Uint8Array): number {
    const piece = bytes.subarray(0, Math.min(segment.length, bytes.length))
    this.#visitor.content(piece, segment.offset)
    segment.offset += piece.length
    segment.length -= piece.length
    if (segment.length === 0) this.#segments.pop()
    if (this.#segments.length === 0) this.#endMember()
    return piece.length
  }

  #endMember(): void {
    if (this.#inMember) this.#visitor.memberEnd()
    this.#inMember = false
  }

  #nextHeader(): Gathering {
    return { body: Buffer.alloc(TAR_BLOCK), used: 0, whenFull: (block) => this.#readHeader(block) }
  }

  #gather(length: number, whenFull: (body: Buffer) => void): void {
    this.#gathering = { body: Buffer.alloc(length), used: 0, whenFull }
  }

  #readHeader(block: Buffer): void {
    if (block[0] === 0 && block.every((byte) => byte === 0)) {
      this.#ended = true
      return
    }
    const header = parseHeader(block)
    if ('xXgLK'.includes(header.flag)) return this.#readExtended(header)
    const records = [...this.#globals, ...this.#locals]
    this.#locals = []
    if (header.flag === 'S') return this.#readSparseHeader(header, records, block)
    const values = valuesOf(records)
    if (values.get('GNU.sparse.major') === '1') return this.#readSparsePrefix(header, values)
    const sparse = sparseMapInRecords(records)
    this.#begin(header, values, sparse)
  }

  /** A PAX header, or a long name of GNU's, which holds for the next member. */
  #readExtended({ flag, size }: TarHeader): void {
    if (size < 1 || size > MAX_EXTENDED) throw malformed(`an extended header has ${size} bytes`)
    this.#gather(size, (body) => {
      if (flag === 'g') this.#globals = [...this.#globals, ...parsePaxRecords(body)]
      else if (flag === 'x' || flag === 'X') this.#locals.push(...parsePaxRecords(body))
      else this.#locals.push([flag === 'L' ? 'path' : 'linkpath', body.toString('latin1').replace(/\0.*$/s, '')])
      if (this.#globals.length + this.#locals.length > MAX_RECORDS) throw malformed('a member has too many extended headers')
      this.#skip = paddingOf(size)
      this.#gathering = this.#nextHeader()
    })
  }

  #readSparseHeader(header: TarHeader, records: readonly PaxRecord[], block: Buffer): void {
    const realSize = sizeAt(block, 483)
    const { numbers, more } = sparseEntriesAt(block, 'header')
    const values = valuesOf(records)
    const readMore = (extension: Buffer): void => {
      const found = sparseEntriesAt(extension, 'extension')
      numbers.push(...found.numbers)
      if (found.more) this.#gather(TAR_BLOCK, readMore)
      else this.#begin(header, values, sparseMap(realSize, numbers))
    }
    if (more) this.#gather(TAR_BLOCK, readMore)
    else this.#begin(header, values, sparseMap(realSize, numbers))
  }

  #readSparsePrefix(header: TarHeader, values: ReadonlyMap<string, string>): void {
    const prefix = new SparsePrefix()
    const size = sizeOf(header, values)
    const realSize = decimal(values.get('GNU.sparse.realsize') ?? '')
    const readBlock = (block: Buffer): void => {
      const numbers = prefix.push(block)
      if (prefix.length > size) throw malformed('the map of a sparse file is longer than the file')
      if (numbers === null) this.#gather(TAR_BLOCK, readBlock)
      else this.#begin(header, new Map([...values, ['size', String(size - prefix.length)]]), sparseMap(realSize, numbers))
    }
    this.#gather(TAR_BLOCK, readBlock)
  }

  #begin(header: TarHeader, values: ReadonlyMap<string, string>, sparse: SparseMap | null): void {
    this.#gathering = this.#nextHeader()
    const stored = sizeOf(header, values)
    const name = values.get('GNU.sparse.name') ?? values.get('path') ?? header.name
    if (sparse !== null && storedSize(sparse) !== stored) throw malformed('the map of a sparse file disagrees with its size', name)
    const type = typeOf(header.flag, name)
    if (type === null) {
      if (header.flag !== VOLUME_LABEL) throw malformed(`a member is of the unknown type ${showName(header.flag)}`, name)
      this.#skip = stored + paddingOf(stored)
      return
    }
    // Everything else is a header alone, whatever size it states.
    const size = type === 'file' ? stored : 0
    const mtime = values.get('mtime')
    this.#visitor.member({
      type,
      name,
      linkName: values.get('linkpath') ?? header.linkName,
      mode: header.mode,
      uid: ownerOf(values.get('uid'), header.uid),
      gid: ownerOf(values.get('gid'), header.gid),
      size: type === 'file' ? (sparse?.realSize ?? stored) : 0,
      mtime: mtime === undefined ? header.mtime : decimalSeconds(mtime),
    })
    this.#inMember = true
    this.#skip = paddingOf(size)
    const segments = sparse?.segments ?? (size === 0 ? [] : [{ offset: 0, length: size }])
    this.#segments = segments.toReversed().map((segment) => ({ ...segment }))
    if (this.#segments.length === 0) this.#endMember()
  }
}

interface Gathering {
  readonly body: Buffer
  used: number
  readonly whenFull: (body: Buffer) => void
}

const MAX_EXTENDED = 1024 * 1024

const MAX_RECORDS = 200_000

/** GNU tar's name for an archive; it has no place on a disk. */
const VOLUME_LABEL = 'V'

const TYPES: { readonly [flag: string]: TarMember['type'] } = {
  '\0': 'file',
  '0': 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '3': 'device',
  '4': 'device',
  '5': 'directory',
  '6': 'device',
  '7': 'file',
  S: 'file',
}

/** Null for a type that nobody has defined. Old archives mark directories by the slash alone. */
function typeOf(flag: string, name: BinaryText): TarMember['type'] | null {
  const type = TYPES[flag] ?? null
  return type === 'file' && name.endsWith('/') ? 'directory' : type
}

const ownerOf = (record: string | undefined, field: number): number =>
  record === undefined ? field : containerOwner(/^[0-9]+$/.test(record) ? Number(record) : 0)

/** Later records win; one without a value takes back what was said before. */
function valuesOf(records: readonly PaxRecord[]): ReadonlyMap<string, string> {
  const values = new Map<string, string>()
  for (const [key, value] of records) {
    if (value === '') values.delete(key)
    else values.set(key, value)
  }
  return values
}

function sizeOf(header: TarHeader, values: ReadonlyMap<string, string>): number {
  const size = values.get('size')
  return size === undefined ? header.size : decimal(size)
}
