import { readSync } from 'node:fs'

/** A member of a tar as its headers say, and where its content lies. */
export interface TarMember {
  readonly type: 'file' | 'directory' | 'symlink' | 'hardlink' | 'other'
  /** Without a leading `./` or `/` and without a trailing slash; the root is the empty string. Never a path on this machine. */
  readonly path: string
  readonly linkName: string
  readonly size: number
  /** Of the content in the file, in bytes. */
  readonly offset: number
}

/** The file is not a tar, or it ends too early. */
export class TarError extends Error {
  override readonly name = 'TarError'
}

const BLOCK = 512
const MAX_EXTENDED = 1024 * 1024

/**
 * The members of an uncompressed tar file, by its descriptor: contents are passed over by seeking, so a root file system takes
 * some milliseconds. Reads USTAR, PAX and GNU's long names and base-256 numbers.
 *
 * @see https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html
 * @throws TarError
 */
export function* tarMembers(descriptor: number): Generator<TarMember> {
  let extended: ReadonlyMap<string, string> = new Map()
  for (let offset = 0; ; ) {
    const header = readAt(descriptor, offset, BLOCK)
    if (header.every((byte) => byte === 0)) return
    verifyChecksum(header)
    const type = String.fromCharCode(header[156] ?? 0)
    const stated = readNumber(header, 124, 12)
    const content = offset + BLOCK
    if ('xgLK'.includes(type)) {
      if (type !== 'g') extended = new Map([...extended, ...extendedRecords(type, readAt(descriptor, content, bounded(stated)))])
      offset = content + padded(stated)
      continue
    }
    const size = '12'.includes(type) ? 0 : Number(extended.get('size') ?? stated)
    if (!Number.isSafeInteger(size)) throw new TarError('a member has no valid size')
    yield memberOf(header, { type, size, offset: content, extended })
    extended = new Map()
    offset = content + padded(size)
  }
}

/** The content of a member; at most 16 MiB. */
export function readMember(descriptor: number, member: TarMember): Buffer {
  if (member.size > 16 * MAX_EXTENDED) throw new TarError(`"${member.path}" is larger than 16 MiB`)
  return readAt(descriptor, member.offset, member.size)
}

function memberOf(
  header: Buffer,
  found: { readonly type: string; readonly size: number; readonly offset: number; readonly extended: ReadonlyMap<string, string> },
): TarMember {
  const prefix = header.toString('latin1', 257, 263) === 'ustar\0' ? cString(header.subarray(345, 500)) : ''
  const name = found.extended.get('path') ?? (prefix === '' ? '' : `${prefix}/`) + cString(header.subarray(0, 100))
  return {
    type: TYPES[found.type] ?? 'other',
    path: name
      .split('/')
      .filter((segment) => segment !== '' && segment !== '.')
      .join('/'),
    linkName: found.extended.get('linkpath') ?? cString(header.subarray(157, 257)),
    size: found.size,
    offset: found.offset,
  }
}

const TYPES: Readonly<Record<string, TarMember['type']>> = {
  '\0': 'file',
  '0': 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '5': 'directory',
  '7': 'file',
}

function readAt(descriptor: number, offset: number, length: number): Buffer {
  const bytes = Buffer.alloc(length)
  for (let done = 0; done < length; ) {
    const count = readSync(descriptor, bytes, done, length - done, offset + done)
    if (count === 0) throw new TarError('the archive ends too early')
    done += count
  }
  return bytes
}

function bounded(size: number): number {
  if (size > MAX_EXTENDED) throw new TarError(`an extended header has ${size} bytes`)
  return size
}

function padded(size: number): number {
  return Math.ceil(size / BLOCK) * BLOCK
}

function verifyChecksum(header: Buffer): void {
  let sum = 0
  for (let index = 0; index < BLOCK; index += 1) sum += index >= 148 && index < 156 ? 0x20 : (header[index] ?? 0)
  if (sum !== readNumber(header, 148, 8)) throw new TarError('a header has the wrong checksum')
}

/** Octal text, or base-256 when the first bit is set. */
function readNumber(header: Buffer, offset: number, width: number): number {
  const field = header.subarray(offset, offset + width)
  if (((field[0] ?? 0) & 0x80) !== 0) return field.subarray(1).reduce((value, byte) => value * 256 + byte, (field[0] ?? 0) & 0x7f)
  const text = cString(field).trim()
  if (!/^[0-7]*$/.test(text)) throw new TarError('a header holds no number where one belongs')
  return text === '' ? 0 : Number.parseInt(text, 8)
}

/** PAX: `LENGTH KEY=VALUE\n`, repeated, lengths in bytes. GNU `L` and `K`: one long name. */
function extendedRecords(type: string, body: Buffer): ReadonlyMap<string, string> {
  if (type === 'L') return new Map([['path', cString(body)]])
  if (type === 'K') return new Map([['linkpath', cString(body)]])
  const records = new Map<string, string>()
  for (let offset = 0; offset < body.length; ) {
    const space = body.indexOf(0x20, offset)
    const length = Number(body.toString('latin1', offset, space))
    const equals = body.indexOf(0x3d, space)
    if (!(length > 0) || equals < 0 || equals >= offset + length) throw new TarError('an extended header is malformed')
    records.set(body.toString('utf8', space + 1, equals), body.toString('utf8', equals + 1, offset + length - 1))
    offset += length
  }
  return records
}

function cString(bytes: Buffer): string {
  const end = bytes.indexOf(0)
  return bytes.toString('utf8', 0, end < 0 ? bytes.length : end)
}
