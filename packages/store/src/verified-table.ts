/**
 * The verification cache's file: a header and rows of 64 bytes sorted by key, so that a store of 100,000 blobs is opened without
 * parsing anything and looked up by bisection.
 *
 * Header: the magic text, then 32 hexadecimal digits that name the boot, zero-padded to 64 bytes.
 * Row: 32 bytes of digest, one of variant, one of durability, six zero bytes, then inode, size and ctime (milliseconds) as little-endian doubles.
 */
export interface VerifiedRow {
  readonly inode: number
  readonly size: number
  readonly ctimeMs: number
  /** False: true of this boot only. */
  readonly durable: boolean
}

const MAGIC = 'orchestrate verified blobs 1\n'
const ROW = 64
const KEY = 33
const DURABLE = 33

/** The table of rows by key (66 hexadecimal digits: digest and variant). */
export function encodeTable(rows: ReadonlyMap<string, VerifiedRow>, boot: string): Buffer {
  const table = Buffer.alloc(ROW * (rows.size + 1))
  table.write(`${MAGIC}${boot.slice(0, 32)}`, 'latin1')
  let at = ROW
  for (const key of [...rows.keys()].toSorted()) {
    const row = rows.get(key)
    if (row === undefined) continue
    table.write(key, at, 'hex')
    table[at + DURABLE] = row.durable ? 1 : 0
    table.writeDoubleLE(row.inode, at + 40)
    table.writeDoubleLE(row.size, at + 48)
    table.writeDoubleLE(row.ctimeMs, at + 56)
    at += ROW
  }
  return table
}

/** A table as it was written, without the rows that held for another boot only; an odd file is an empty table. */
export function readTable(bytes: Buffer, boot: string): Buffer {
  const empty = encodeTable(new Map(), boot)
  if (bytes.length < ROW || bytes.length % ROW !== 0 || !bytes.subarray(0, MAGIC.length).equals(empty.subarray(0, MAGIC.length)))
    return empty
  if (bytes.subarray(0, ROW).equals(empty)) return bytes
  const kept = rowsOf(bytes).filter((row) => row[DURABLE] === 1)
  return Buffer.concat([empty, ...kept])
}

/** All rows of both tables of one boot; where both have a row, that of `newer`. */
export function mergeTables(older: Buffer, newer: Buffer): Buffer {
  const merged: Buffer[] = [newer.subarray(0, ROW)]
  const added = rowsOf(newer)
  let next = 0
  for (const row of rowsOf(older)) {
    let order = -1
    for (let candidate = added[next]; candidate !== undefined; candidate = added[next]) {
      order = row.compare(candidate, 0, KEY, 0, KEY)
      if (order < 0) break
      merged.push(candidate)
      next += 1
      if (order === 0) break
    }
    if (order !== 0) merged.push(row)
  }
  return Buffer.concat([...merged, ...added.slice(next)])
}

/** The row of `key`, or null. */
export function findRow(table: Buffer, key: string): VerifiedRow | null {
  const prefix = Number.parseInt(key.slice(0, 2 * PREFIX), 16)
  let low = 1
  let high = table.length / ROW - 1
  while (low <= high) {
    const middle = (low + high) >>> 1
    const at = middle * ROW
    // Six bytes, which a number holds, nearly always decide.
    const order = prefix - table.readUIntBE(at, PREFIX) || Buffer.from(key, 'hex').compare(table, at, at + KEY)
    if (order === 0) return decodeRow(table, at)
    if (order > 0) low = middle + 1
    else high = middle - 1
  }
  return null
}

const PREFIX = 6

function decodeRow(table: Buffer, at: number): VerifiedRow {
  return {
    inode: table.readDoubleLE(at + 40),
    size: table.readDoubleLE(at + 48),
    ctimeMs: table.readDoubleLE(at + 56),
    durable: table[at + DURABLE] === 1,
  }
}

function rowsOf(table: Buffer): Buffer[] {
  const rows: Buffer[] = []
  for (let at = ROW; at < table.length; at += ROW) rows.push(table.subarray(at, at + ROW))
  return rows
}
