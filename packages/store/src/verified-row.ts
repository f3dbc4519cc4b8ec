/** What the kernel said of a blob file when it was found intact. */
export interface VerifiedRow {
  readonly inode: number
  readonly size: number
  readonly ctimeMs: number
  /** False: true of this boot only. */
  readonly durable: boolean
}

/** Bytes of a row: 33 of key (digest, variant), one of durability, six zero bytes, then inode, size and ctime (milliseconds) as little-endian doubles. */
export const ROW = 64
export const KEY = 33
const DURABLE = 33

/** Writes the row of `key` (66 hexadecimal digits) at `at`. */
export function writeRow(table: Buffer, at: number, key: string, row: VerifiedRow): void {
  table.write(key, at, 'hex')
  table[at + DURABLE] = row.durable ? 1 : 0
  table.writeDoubleLE(row.inode, at + 40)
  table.writeDoubleLE(row.size, at + 48)
  table.writeDoubleLE(row.ctimeMs, at + 56)
}

export function readRow(table: Buffer, at: number): VerifiedRow {
  return {
    inode: table.readDoubleLE(at + 40),
    size: table.readDoubleLE(at + 48),
    ctimeMs: table.readDoubleLE(at + 56),
    durable: isDurableRow(table, at),
  }
}

export const isDurableRow = (table: Buffer, at: number): boolean => table[at + DURABLE] === 1

/** Six bytes, which a number holds, nearly always decide between two digests. */
const PREFIX = 6

export const prefixAt = (table: Buffer, at: number): number => table.readUIntBE(at, PREFIX)
export const prefixOf = (key: string): number => Number.parseInt(key.slice(0, 2 * PREFIX), 16)
