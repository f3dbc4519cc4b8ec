import { crc32 } from 'node:zlib'

/**
 * Rows by path, in a form that 100,000 of them are read and written in milliseconds: what both digest caches are kept in.
 * A row has `numberWidth` numbers and one ASCII text of `textWidth` characters.
 */
export interface PackedTable {
  /** What the rows depend on as a whole; a reader that expects another tag drops them. */
  readonly tag: string
  /** Sorted by code unit, without duplicates. */
  readonly paths: readonly string[]
  readonly numbers: Float64Array
  /** All texts, one after the other. */
  readonly texts: string
}

export interface PackedShape {
  readonly numberWidth: number
  readonly textWidth: number
}

export const EMPTY_TABLE: PackedTable = { tag: '', paths: [], numbers: new Float64Array(0), texts: '' }

/**
 * The table as one file: magic, CRC-32 of what follows, count, byte lengths of the tag and of the paths, then the numbers
 * (64-bit floats of this machine), the texts, the tag, and the paths joined by NUL.
 */
export function encodeTable(table: PackedTable): Uint8Array {
  const numbers = new Uint8Array(table.numbers.buffer, table.numbers.byteOffset, table.numbers.byteLength)
  const paths = table.paths.join('\0')
  const tagBytes = Buffer.byteLength(table.tag)
  const pathBytes = Buffer.byteLength(paths)
  const textStart = HEADER_BYTES + numbers.length
  const tagStart = textStart + table.texts.length
  const file = Buffer.alloc(tagStart + tagBytes + pathBytes)
  file.set(numbers, HEADER_BYTES)
  file.write(table.texts, textStart, 'latin1')
  file.write(table.tag, tagStart)
  file.write(paths, tagStart + tagBytes)
  file.write(MAGIC, 0, 'latin1')
  file.writeUInt32LE(table.paths.length, 12)
  file.writeUInt32LE(tagBytes, 16)
  file.writeUInt32LE(pathBytes, 20)
  file.writeUInt32LE(crc32(file.subarray(12)), 8)
  return file
}

/** The table in `bytes`, or an empty one when there are none, or they are damaged or of another version or shape. */
export function decodeTable(bytes: Uint8Array | null, shape: PackedShape): PackedTable {
  if (bytes === null || bytes.length < HEADER_BYTES) return EMPTY_TABLE
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const count = file.readUInt32LE(12)
  const tagStart = HEADER_BYTES + count * (shape.numberWidth * 8 + shape.textWidth)
  const pathStart = tagStart + file.readUInt32LE(16)
  const isWhole = file.toString('latin1', 0, 8) === MAGIC && pathStart + file.readUInt32LE(20) === file.length
  if (!isWhole || crc32(file.subarray(12)) !== file.readUInt32LE(8)) return EMPTY_TABLE
  const textStart = HEADER_BYTES + count * shape.numberWidth * 8
  const numbers = new Float64Array(count * shape.numberWidth)
  new Uint8Array(numbers.buffer).set(file.subarray(HEADER_BYTES, textStart))
  return {
    tag: file.toString('utf8', tagStart, pathStart),
    paths: count === 0 ? [] : file.toString('utf8', pathStart).split('\0'),
    numbers,
    texts: file.toString('latin1', textStart, tagStart),
  }
}

const MAGIC = 'orchTAB1'
const HEADER_BYTES = 24

/** Row number of `path`, for paths that are asked in ascending order: each question continues where the last one ended. */
export function ascendingLookup(paths: readonly string[]): (path: string) => number {
  let at = 0
  return (path) => {
    for (;;) {
      const here = paths[at]
      // Nearly always it is the one, and that is told faster than which comes first.
      if (here === path) return at
      if (here === undefined || here > path) return -1
      at += 1
    }
  }
}

/** Rows on their way into a table, column by column: a hundred thousand objects would take more room than all they say. */
export interface PackedRows {
  /** Sorted by code unit, without duplicates. */
  readonly paths: readonly string[]
  /** `numberWidth` for each row, and room for more. */
  readonly numbers: Float64Array
  readonly texts: readonly string[]
}

/**
 * `table` with `rows` put in, sorted by path like it, and without the old rows that `keep` refuses.
 * A row of the same path is replaced.
 */
export function mergeRows(table: PackedTable, rows: PackedRows, shape: PackedShape, keep: (path: string) => boolean): PackedTable {
  const { numberWidth, textWidth } = shape
  if (table.paths.length === 0)
    return { tag: table.tag, ...rows, numbers: rows.numbers.subarray(0, rows.paths.length * numberWidth), texts: rows.texts.join('') }
  const paths: string[] = []
  const texts: string[] = []
  const numbers = new Float64Array((table.paths.length + rows.paths.length) * numberWidth)
  const take = (path: string, text: string, from: Float64Array, row: number): void => {
    numbers.set(from.subarray(row * numberWidth, (row + 1) * numberWidth), paths.length * numberWidth)
    texts.push(text)
    paths.push(path)
  }
  let next = 0
  const takeNext = (): void => {
    take(rows.paths[next] ?? '', rows.texts[next] ?? '', rows.numbers, next)
    next += 1
  }
  table.paths.forEach((path, old) => {
    while ((rows.paths[next] ?? path) < path) takeNext()
    if (rows.paths[next] !== path && keep(path)) take(path, table.texts.slice(old * textWidth, (old + 1) * textWidth), table.numbers, old)
  })
  while (next < rows.paths.length) takeNext()
  return { tag: table.tag, paths, numbers: numbers.subarray(0, paths.length * numberWidth), texts: texts.join('') }
}
