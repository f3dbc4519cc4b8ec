import { isDurableRow, KEY, prefixAt, prefixOf, readRow, ROW, type VerifiedRow } from './verified-row.ts'
import type { VerifiedRows } from './verified-rows.ts'

/**
 * The verification cache's file: a header and rows of 64 bytes sorted by key (see `verified-row.ts`), so that a store of 100,000 blobs is
 * opened without parsing anything and looked up by bisection.
 *
 * Header: the magic text, then 32 hexadecimal digits that name the boot, zero-padded to 64 bytes.
 */
const MAGIC = 'orchestrate verified blobs 1\n'

/** The table of `rows`; of none when there are none yet. */
export function encodeTable(rows: VerifiedRows | null, boot: string): Buffer {
  const table = Buffer.alloc(ROW * ((rows?.size ?? 0) + 1))
  table.write(`${MAGIC}${boot.slice(0, 32)}`, 'latin1')
  rows?.copySorted(table, ROW)
  return table
}

/** A table as it was written, without the rows that held for another boot only; an odd file is an empty table. */
export function readTable(bytes: Buffer, boot: string): Buffer {
  const empty = encodeTable(null, boot)
  if (bytes.length < ROW || bytes.length % ROW !== 0 || !bytes.subarray(0, MAGIC.length).equals(empty.subarray(0, MAGIC.length)))
    return empty
  if (bytes.subarray(0, ROW).equals(empty)) return bytes
  const kept = new TableBuilder(empty, bytes.length)
  for (let at = ROW; at < bytes.length; at += ROW) if (isDurableRow(bytes, at)) kept.add(bytes, at)
  return kept.table()
}

/** All rows of both tables of one boot; where both have a row, that of `newer`. */
export function mergeTables(older: Buffer, newer: Buffer): Buffer {
  if (older.length === ROW) return newer
  const merged = new TableBuilder(newer.subarray(0, ROW), older.length + newer.length)
  let left = ROW
  let right = ROW
  while (left < older.length || right < newer.length) {
    const order = compareRows(older, left, newer, right)
    if (order < 0) merged.add(older, left)
    else merged.add(newer, right)
    if (order <= 0) left += ROW
    if (order >= 0) right += ROW
  }
  return merged.table()
}

/** A table that has ended comes after the other. */
function compareRows(a: Buffer, atA: number, b: Buffer, atB: number): number {
  if (atA >= a.length) return 1
  if (atB >= b.length) return -1
  return a.compare(b, atB, atB + KEY, atA, atA + KEY)
}

/** Puts rows together without making an object of each. */
class TableBuilder {
  readonly #bytes: Buffer
  #length = ROW

  constructor(header: Buffer, capacity: number) {
    this.#bytes = Buffer.alloc(capacity)
    header.copy(this.#bytes)
  }

  add(from: Buffer, at: number): void {
    from.copy(this.#bytes, this.#length, at, at + ROW)
    this.#length += ROW
  }

  table(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }
}

/** The row of `key` (66 hexadecimal digits), or null. */
export function findRow(table: Buffer, key: string): VerifiedRow | null {
  const prefix = prefixOf(key)
  let low = 1
  let high = table.length / ROW - 1
  while (low <= high) {
    const middle = (low + high) >>> 1
    const at = middle * ROW
    const order = prefix - prefixAt(table, at) || Buffer.from(key, 'hex').compare(table, at, at + KEY)
    if (order === 0) return readRow(table, at)
    if (order > 0) low = middle + 1
    else high = middle - 1
  }
  return null
}
