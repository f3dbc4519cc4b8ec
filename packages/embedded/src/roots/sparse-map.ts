import { malformed } from './archive-fault.ts'
import { decimal, type PaxRecord } from './pax-records.ts'
import { sizeAt, TAR_BLOCK } from './tar-header.ts'

/** Where the stored bytes of a sparse file belong; everything else of it is a hole. */
export interface SparseMap {
  /** Of the file with its holes, bytes. */
  readonly realSize: number
  /** Ascending. */
  readonly segments: readonly { readonly offset: number; readonly length: number }[]
}

/** Most segments that a map may have: what fits 1 MiB of headers, generously. */
const MAX_SEGMENTS = 65536

/**
 * The map that PAX records of the forms 0.0 and 0.1 hold, or null when they hold none.
 *
 * @see https://www.gnu.org/software/tar/manual/html_section/Sparse-Formats.html
 * @throws ArchiveFault
 */
export function sparseMapInRecords(records: readonly PaxRecord[]): SparseMap | null {
  const values = new Map(records)
  const realSize = values.get('GNU.sparse.size')
  if (realSize === undefined) return null
  const map = values.get('GNU.sparse.map')
  const numbers =
    map === undefined
      ? records.filter(([key]) => key === 'GNU.sparse.offset' || key === 'GNU.sparse.numbytes').map(([, value]) => decimal(value))
      : map.split(',').map(decimal)
  return sparseMap(decimal(realSize), numbers)
}

/** The entries of a GNU sparse header, or of an extension block that follows one. @throws ArchiveFault */
export function sparseEntriesAt(block: Buffer, place: 'header' | 'extension'): { readonly numbers: number[]; readonly more: boolean } {
  const { start, count, flag } = place === 'header' ? { start: 386, count: 4, flag: 482 } : { start: 0, count: 21, flag: 504 }
  const numbers: number[] = []
  for (let offset = start; offset < start + count * 24 && block[offset + 12] !== 0; offset += 24) {
    numbers.push(sizeAt(block, offset), sizeAt(block, offset + 12))
  }
  return { numbers, more: block[flag] !== 0 }
}

/** Gathers the map that stands before the content in PAX form 1.0: decimal lines, padded to whole blocks. */
export class SparsePrefix {
  /** The begin of a line whose end is still to come. */
  #rest = ''
  readonly #numbers: number[] = []
  /** Bytes taken so far. */
  length = 0

  /** Offsets and lengths in turn once they are complete, or null when another block is needed. @throws ArchiveFault */
  push(block: Buffer): readonly number[] | null {
    this.length += block.length
    const lines = (this.#rest + block.toString('latin1')).split('\n')
    this.#rest = lines.pop() ?? ''
    if (this.#rest.length > TAR_BLOCK) throw malformed('the map of a sparse file is malformed')
    for (const line of lines) {
      this.#numbers.push(decimal(line))
      const [count = 0] = this.#numbers
      if (count > MAX_SEGMENTS) throw malformed(`a sparse file has ${count} segments`)
      if (this.#numbers.length === 2 * count + 1) return this.#numbers.slice(1)
    }
    return null
  }
}

/** Offsets and lengths in turn, as a map. @throws ArchiveFault */
export function sparseMap(realSize: number, numbers: readonly number[]): SparseMap {
  const segments: { offset: number; length: number }[] = []
  let end = 0
  if (numbers.length % 2 !== 0 || numbers.length > 2 * MAX_SEGMENTS) throw malformed('the map of a sparse file is malformed')
  for (let index = 0; index < numbers.length; index += 2) {
    const offset = numbers[index] ?? 0
    const length = numbers[index + 1] ?? 0
    if (offset < end || offset + length > realSize) throw malformed('the segments of a sparse file overlap or leave it')
    end = offset + length
    if (length > 0) segments.push({ offset, length })
  }
  return { realSize, segments }
}

/** Bytes that the archive stores for the file. */
export function storedSize(map: SparseMap): number {
  return map.segments.reduce((sum, { length }) => sum + length, 0)
}
