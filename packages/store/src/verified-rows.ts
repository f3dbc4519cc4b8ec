import { KEY, prefixAt, prefixOf, readRow, ROW, type VerifiedRow, writeRow } from './verified-row.ts'

/**
 * Rows by key, kept as the bytes of a table: a run that copies 100,000 inputs notes as many, which as objects would be 25 MiB of heap.
 * Found by a hash table of row numbers with linear probing; digests need no hashing.
 */
export class VerifiedRows {
  #bytes = Buffer.alloc(ROW * 64)
  /** Row number plus one; 0 is free. At most half are taken. */
  #slots = new Uint32Array(128)
  #size = 0

  get size(): number {
    return this.#size
  }

  get(key: string): VerifiedRow | null {
    const number = this.#slots[this.#slotOf(key)] ?? 0
    return number === 0 ? null : readRow(this.#bytes, (number - 1) * ROW)
  }

  set(key: string, row: VerifiedRow): void {
    let slot = this.#slotOf(key)
    if (this.#slots[slot] === 0) {
      if (this.#size * 2 >= this.#slots.length) {
        this.#grow()
        slot = this.#slotOf(key)
      }
      this.#size += 1
      this.#slots[slot] = this.#size
    }
    writeRow(this.#bytes, ((this.#slots[slot] ?? 0) - 1) * ROW, key, row)
  }

  /** Copies all rows, sorted by key, into `table` from `at` on. */
  copySorted(table: Buffer, at: number): void {
    const prefixes = Float64Array.from({ length: this.#size }, (_, number) => prefixAt(this.#bytes, number * ROW))
    const order = Uint32Array.from({ length: this.#size }, (_, number) => number).toSorted(
      (a, b) => (prefixes[a] ?? 0) - (prefixes[b] ?? 0) || this.#compare(a, b),
    )
    for (const [place, number] of order.entries()) this.#bytes.copy(table, at + place * ROW, number * ROW, (number + 1) * ROW)
  }

  #compare(a: number, b: number): number {
    return this.#bytes.compare(this.#bytes, b * ROW, b * ROW + KEY, a * ROW, a * ROW + KEY)
  }

  /** Where the key is, or would be. */
  #slotOf(key: string): number {
    const bytes = Buffer.from(key, 'hex')
    const mask = this.#slots.length - 1
    for (let slot = prefixOf(key) % this.#slots.length; ; slot = (slot + 1) & mask) {
      const number = this.#slots[slot] ?? 0
      if (number === 0 || bytes.compare(this.#bytes, (number - 1) * ROW, (number - 1) * ROW + KEY) === 0) return slot
    }
  }

  #grow(): void {
    const bytes = Buffer.alloc(this.#bytes.length * 2)
    this.#bytes.copy(bytes)
    this.#bytes = bytes
    const slots = new Uint32Array(this.#slots.length * 2)
    for (let number = 1; number <= this.#size; number += 1) {
      let slot = prefixAt(bytes, (number - 1) * ROW) % slots.length
      while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1)
      slots[slot] = number
    }
    this.#slots = slots
  }
}
