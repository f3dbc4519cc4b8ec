import { basename } from 'node:path/posix'

/** One member of a tar as this package writes it. `path` is relative, without a leading or trailing slash. */
export type TarEntry =
  | {
      readonly type: 'file'
      readonly path: string
      readonly mode: number
      readonly uid: number
      readonly gid: number
      readonly size: number
    }
  | { readonly type: 'directory'; readonly path: string; readonly mode: number; readonly uid: number; readonly gid: number }
  | { readonly type: 'symlink'; readonly path: string; readonly target: string; readonly uid: number; readonly gid: number }

export const TAR_BLOCK = 512

/** Modification time of everything we write, seconds: 1980-01-02T00:00:00Z. A constant, so that layers do not move with commits. */
export const TAR_MTIME = 315619200

/** Exactly two zero blocks; archives are not padded further. */
export const TAR_END_SIZE = 2 * TAR_BLOCK

/**
 * The header blocks of one entry: USTAR alone where every field fits, otherwise a PAX extended header with only the
 * records that do not fit, followed by the USTAR header. Owner names, device numbers, atime and ctime are never written.
 * @see https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_94_13
 * @throws when a path holds a NUL or a number is no safe integer (bugs of the caller).
 */
export function tarHeader(entry: TarEntry): Buffer {
  const name = entry.type === 'directory' ? `${entry.path}/` : entry.path
  const target = entry.type === 'symlink' ? entry.target : ''
  if (name.includes('\0') || target.includes('\0')) throw new Error(`a tar name holds a NUL: ${JSON.stringify([name, target])}`)
  const split = splitName(name)
  const size = entry.type === 'file' ? entry.size : 0
  const fields: UstarFields = {
    name: split?.name ?? printable(name),
    prefix: split?.prefix ?? '',
    mode: entry.type === 'symlink' ? 0o777 : entry.mode,
    uid: fitsOctal(entry.uid, 7) ? entry.uid : 0,
    gid: fitsOctal(entry.gid, 7) ? entry.gid : 0,
    size: fitsOctal(size, 11) ? size : 0,
    type: TYPE_FLAGS[entry.type],
    target: fitsName(target) ? target : printable(target),
  }
  const records = [
    ...(fields.gid === entry.gid ? [] : [paxRecord('gid', String(entry.gid))]),
    ...(fields.target === target ? [] : [paxRecord('linkpath', target)]),
    ...(split === null ? [paxRecord('path', name)] : []),
    ...(fields.size === size ? [] : [paxRecord('size', String(size))]),
    ...(fields.uid === entry.uid ? [] : [paxRecord('uid', String(entry.uid))]),
  ]
  const ustar = ustarHeader(fields)
  return records.length === 0 ? ustar : Buffer.concat([paxHeader(entry.path, records), ustar])
}

/** Zero bytes that follow `size` bytes of content, up to the next block. */
export function tarPadding(size: number): number {
  return (TAR_BLOCK - (size % TAR_BLOCK)) % TAR_BLOCK
}

/** Bytes of the whole archive, end included, without reading any content. */
export function tarSize(entries: Iterable<TarEntry>): number {
  let size = TAR_END_SIZE
  for (const entry of entries) {
    const content = entry.type === 'file' ? entry.size : 0
    size += tarHeader(entry).length + content + tarPadding(content)
  }
  return size
}

const TYPE_FLAGS = { file: '0', symlink: '2', directory: '5' } as const

interface UstarFields {
  readonly name: string
  readonly prefix: string
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly size: number
  readonly type: '0' | '2' | '5' | 'x'
  readonly target: string
}

function ustarHeader(fields: UstarFields): Buffer {
  const block = Buffer.alloc(TAR_BLOCK)
  block.write(fields.name, 0, 100, 'latin1')
  writeOctal(block, fields.mode, 100, 8)
  writeOctal(block, fields.uid, 108, 8)
  writeOctal(block, fields.gid, 116, 8)
  writeOctal(block, fields.size, 124, 12)
  writeOctal(block, TAR_MTIME, 136, 12)
  block.write('        ', 148, 'latin1')
  block.write(fields.type, 156, 'latin1')
  block.write(fields.target, 157, 100, 'latin1')
  block.write('ustar\x0000', 257, 'latin1')
  writeOctal(block, 0, 329, 8)
  writeOctal(block, 0, 337, 8)
  block.write(fields.prefix, 345, 155, 'latin1')
  let sum = 0
  for (const byte of block) sum += byte
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return block
}

/** The name of the header is a function of the entry's own name; readers of PAX never show it. */
function paxHeader(path: string, records: readonly Buffer[]): Buffer {
  const body = Buffer.concat(records)
  const name = `PaxHeaders.0/${printable(basename(path)).slice(0, 80)}`
  const header = ustarHeader({ name, prefix: '', mode: 0o644, uid: 0, gid: 0, size: body.length, type: 'x', target: '' })
  return Buffer.concat([header, body, Buffer.alloc(tarPadding(body.length))])
}

/** `LENGTH KEY=VALUE\n`, where LENGTH counts its own digits. */
function paxRecord(key: string, value: string): Buffer {
  const rest = Buffer.byteLength(` ${key}=${value}\n`)
  let length = rest + String(rest).length
  if (rest + String(length).length !== length) length = rest + String(length).length
  return Buffer.from(`${length} ${key}=${value}\n`)
}

/** USTAR's name and prefix, cut at the first slash that makes both fit, or null when none does. */
function splitName(name: string): { readonly name: string; readonly prefix: string } | null {
  if (!isPrintable(name)) return null
  if (name.length <= 100) return { name, prefix: '' }
  const slash = name.indexOf('/', name.length - 101)
  if (slash < 1 || slash > 155 || slash === name.length - 1) return null
  return { name: name.slice(slash + 1), prefix: name.slice(0, slash) }
}

const fitsName = (text: string) => text.length <= 100 && isPrintable(text)

const isPrintable = (text: string) => /^[\x20-\x7e]*$/.test(text)

/** What readers without PAX see in place of a name that does not fit. */
const printable = (text: string) => text.replaceAll(/[^\x20-\x7e]/g, '_').slice(0, 100)

const fitsOctal = (value: number, digits: number) => value < 8 ** digits

function writeOctal(block: Buffer, value: number, offset: number, width: number): void {
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`not a number for a tar header: ${value}`)
  block.write(`${value.toString(8).padStart(width - 1, '0')}\0`, offset, 'latin1')
}
