import { TAR_BLOCK, tarPadding } from './tar-header.ts'

/** What the headers of one member say. */
export interface ScannedEntry {
  readonly type: 'file' | 'directory' | 'symlink' | 'hardlink' | 'other'
  /** Normalised: no leading `./` or `/`, no trailing slash; the root is the empty string. */
  readonly path: string
  readonly target: string
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** Bytes of content; 0 for what has none. */
  readonly size: number
}

/** The archive is truncated, damaged, or uses a feature that layers may not have. */
export class TarFormatError extends Error {
  override readonly name = 'TarFormatError'
}

/**
 * Reads a tar that is pushed through it in pieces, its members' contents passed on or over: USTAR, PAX, and GNU's long names and base-256 numbers,
 * as GNU tar, mmdebstrap and Go write them. Strict: checksums, sizes and the end are verified, sparse members refused.
 */
export class TarScanner {
  readonly #onEntry: (entry: ScannedEntry) => void
  readonly #onContent: (piece: Uint8Array) => void
  #header = Buffer.alloc(TAR_BLOCK)
  #headerUsed = 0
  /** Body of an extended header that is being gathered, or null. */
  #meta: { readonly type: string; readonly body: Buffer; used: number } | null = null
  #content = 0
  #skip = 0
  #zeroBlocks = 0
  #globals: ReadonlyMap<string, string> = new Map()
  #locals = new Map<string, string>()

  /** @param onContent gets the content of the entry that was told last, in pieces that are its own until it returns */
  constructor(onEntry: (entry: ScannedEntry) => void, onContent: (piece: Uint8Array) => void = () => {}) {
    this.#onEntry = onEntry
    this.#onContent = onContent
  }

  /** @throws TarFormatError */
  push(piece: Uint8Array): void {
    for (let offset = 0; offset < piece.length; ) offset += this.#consume(piece.subarray(offset))
  }

  /** To be called after the last piece. @throws TarFormatError when the archive is not complete. */
  end(): void {
    if (this.#headerUsed > 0 || this.#content > 0 || this.#skip > 0 || this.#meta !== null || this.#zeroBlocks < 2)
      throw new TarFormatError('it ends too early')
  }

  /** Takes some of `bytes` and says how many. */
  #consume(bytes: Uint8Array): number {
    if (this.#meta !== null) return this.#gather(this.#meta, bytes)
    if (this.#content > 0) {
      const taken = Math.min(this.#content, bytes.length)
      this.#content -= taken
      this.#onContent(bytes.subarray(0, taken))
      return taken
    }
    if (this.#skip > 0) {
      const passed = Math.min(this.#skip, bytes.length)
      this.#skip -= passed
      return passed
    }
    const taken = Math.min(TAR_BLOCK - this.#headerUsed, bytes.length)
    this.#header.set(bytes.subarray(0, taken), this.#headerUsed)
    this.#headerUsed += taken
    if (this.#headerUsed === TAR_BLOCK) {
      this.#headerUsed = 0
      this.#readHeader(this.#header)
    }
    return taken
  }

  #gather(meta: { readonly type: string; readonly body: Buffer; used: number }, bytes: Uint8Array): number {
    const taken = Math.min(meta.body.length - meta.used, bytes.length)
    meta.body.set(bytes.subarray(0, taken), meta.used)
    meta.used += taken
    if (meta.used < meta.body.length) return taken
    this.#meta = null
    this.#skip = tarPadding(meta.body.length)
    if (meta.type === 'g') this.#globals = new Map([...this.#globals, ...paxRecords(meta.body)])
    else if (meta.type === 'x') for (const [key, value] of paxRecords(meta.body)) this.#locals.set(key, value)
    else this.#locals.set(meta.type === 'L' ? 'path' : 'linkpath', cString(meta.body))
    return taken
  }

  #readHeader(block: Buffer): void {
    if (block.every((byte) => byte === 0)) {
      this.#zeroBlocks += 1
      return
    }
    if (this.#zeroBlocks > 0) throw new TarFormatError('there is data after its end')
    verifyChecksum(block)
    const type = String.fromCharCode(block[156] ?? 0)
    const size = readNumber(block, 124, 12)
    if ('xgLK'.includes(type)) {
      if (size < 1 || size > MAX_META) throw new TarFormatError(`an extended header has ${size} bytes`)
      this.#meta = { type, body: Buffer.alloc(size), used: 0 }
      return
    }
    const records = new Map([...this.#globals, ...this.#locals])
    this.#locals = new Map()
    const stated = records.has('size') ? decimal(records.get('size') ?? '') : size
    // Links carry no body, whatever size they state.
    this.#content = type === '1' || type === '2' ? 0 : stated
    this.#skip = tarPadding(this.#content)
    this.#onEntry({ ...scannedEntry(block, type, records), size: this.#content })
  }
}

const MAX_META = 1024 * 1024

const TYPES: Readonly<Record<string, ScannedEntry['type']>> = {
  '\0': 'file',
  '0': 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '3': 'other',
  '4': 'other',
  '5': 'directory',
  '6': 'other',
  '7': 'file',
}

function scannedEntry(block: Buffer, flag: string, records: ReadonlyMap<string, string>): Omit<ScannedEntry, 'size'> {
  const type = TYPES[flag]
  if (type === undefined) throw new TarFormatError(`a member is of the unknown type ${JSON.stringify(flag)}`)
  for (const key of records.keys()) if (key.startsWith('GNU.sparse.')) throw new TarFormatError('a member is sparse')
  const prefix = block.toString('latin1', 257, 263) === 'ustar\0' ? cString(block.subarray(345, 500)) : ''
  const name = records.get('path') ?? (prefix === '' ? '' : `${prefix}/`) + cString(block.subarray(0, 100))
  const uid = records.get('uid')
  const gid = records.get('gid')
  return {
    // Old archives mark directories by the slash alone.
    type: type === 'file' && name.endsWith('/') ? 'directory' : type,
    path: normalise(name),
    target: records.get('linkpath') ?? cString(block.subarray(157, 257)),
    mode: readNumber(block, 100, 8) & 0o7777,
    uid: uid === undefined ? readNumber(block, 108, 8) : decimal(uid),
    gid: gid === undefined ? readNumber(block, 116, 8) : decimal(gid),
  }
}

function normalise(name: string): string {
  const segments = name.split('/').filter((segment) => segment !== '' && segment !== '.')
  if (segments.includes('..')) throw new TarFormatError(`a member is named ${JSON.stringify(name)}`)
  return segments.join('/')
}

function verifyChecksum(block: Buffer): void {
  let sum = 0
  for (let index = 0; index < TAR_BLOCK; index += 1) sum += index >= 148 && index < 156 ? 0x20 : (block[index] ?? 0)
  if (sum !== readNumber(block, 148, 8)) throw new TarFormatError('a header has the wrong checksum')
}

/** Octal text, or GNU's base-256 when the first bit is set. */
function readNumber(block: Buffer, offset: number, width: number): number {
  const field = block.subarray(offset, offset + width)
  if (((field[0] ?? 0) & 0x80) === 0) {
    const text = cString(field).trim()
    if (!/^[0-7]*$/.test(text)) throw new TarFormatError(`a header holds ${JSON.stringify(text)} for a number`)
    return text === '' ? 0 : Number.parseInt(text, 8)
  }
  let value = (field[0] ?? 0) & 0x7f
  for (const byte of field.subarray(1)) value = value * 256 + byte
  if (!Number.isSafeInteger(value)) throw new TarFormatError('a header holds a number that is too large')
  return value
}

/** `LENGTH KEY=VALUE\n`, repeated; lengths count bytes. */
function paxRecords(body: Buffer): Map<string, string> {
  const records = new Map<string, string>()
  for (let offset = 0; offset < body.length; ) {
    const space = body.indexOf(0x20, offset)
    const length = space < 0 ? 0 : decimal(body.toString('latin1', offset, space))
    const equals = body.indexOf(0x3d, space)
    const end = offset + length
    if (equals < 0 || equals >= end || end > body.length || body[end - 1] !== 0x0a)
      throw new TarFormatError('an extended header is malformed')
    records.set(body.toString('utf8', space + 1, equals), body.toString('utf8', equals + 1, end - 1))
    offset = end
  }
  return records
}

function decimal(text: string): number {
  const value = /^[0-9]{1,16}$/.test(text) ? Number(text) : Number.NaN
  if (!Number.isSafeInteger(value)) throw new TarFormatError(`an extended header holds ${JSON.stringify(text)} for a number`)
  return value
}

function cString(bytes: Buffer): string {
  const end = bytes.indexOf(0)
  return bytes.toString('utf8', 0, end < 0 ? bytes.length : end)
}
