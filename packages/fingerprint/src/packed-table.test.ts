import { compareCodeUnits } from '@orchestrate/core'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ascendingLookup, decodeTable, EMPTY_TABLE, encodeTable, mergeRows, type PackedRows } from './packed-table.ts'

const SHAPE = { numberWidth: 2, textWidth: 3 }

describe('a packed table', () => {
  it('comes back from its bytes as it was, whatever the paths', () => {
    fc.assert(
      fc.property(rows(), (some) => {
        const table = mergeRows({ ...EMPTY_TABLE, tag: 'tag ß' }, columns(some), SHAPE, () => true)
        expect(decodeTable(encodeTable(table), SHAPE)).toEqual(table)
      }),
    )
  })

  it('merges rows like a map would', () => {
    fc.assert(
      fc.property(rows(), rows(), (old, fresh) => {
        const table = mergeRows(
          mergeRows(EMPTY_TABLE, columns(old), SHAPE, () => true),
          columns(fresh),
          SHAPE,
          (path) => path.length > 1,
        )
        const expected = new Map([...old.filter(({ path }) => path.length > 1), ...fresh].map((row) => [row.path, row]))
        expect(rowsOf(table)).toEqual([...expected.values()].toSorted((a, b) => compareCodeUnits(a.path, b.path)))
      }),
    )
  })

  it('is empty when a byte is damaged, missing or too many, or the shape is another', () => {
    const bytes = encodeTable(mergeRows(EMPTY_TABLE, columns([{ path: 'a', numbers: [1, 2], text: 'abc' }]), SHAPE, () => true))
    for (let at = 0; at < bytes.length; at += 1) {
      const damaged = Uint8Array.from(bytes)
      damaged[at] = (damaged[at] ?? 0) ^ 1
      expect(decodeTable(damaged, SHAPE)).toEqual(EMPTY_TABLE)
    }
    expect(decodeTable(bytes.subarray(0, -1), SHAPE)).toEqual(EMPTY_TABLE)
    expect(decodeTable(Buffer.concat([bytes, Buffer.from('x')]), SHAPE)).toEqual(EMPTY_TABLE)
    expect(decodeTable(bytes, { numberWidth: 3, textWidth: 3 })).toEqual(EMPTY_TABLE)
    expect(decodeTable(null, SHAPE)).toEqual(EMPTY_TABLE)
  })

  it('answers questions in ascending order', () => {
    const lookup = ascendingLookup(['a', 'c', 'd'])
    expect(['a', 'b', 'c', 'c', 'e'].map(lookup)).toEqual([0, -1, 1, 1, -1])
  })
})

interface Row {
  readonly path: string
  readonly numbers: readonly number[]
  readonly text: string
}

function columns(some: readonly Row[]): PackedRows {
  return {
    paths: some.map(({ path }) => path),
    numbers: Float64Array.from(some.flatMap(({ numbers }) => numbers)),
    texts: some.map(({ text }) => text),
  }
}

function rows(): fc.Arbitrary<Row[]> {
  const path = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 4 }).filter((text) => !text.includes('\0'))
  const row = fc.record({
    path,
    numbers: fc.tuple(fc.double({ noNaN: true }), fc.integer()),
    text: fc.string({ minLength: 3, maxLength: 3, unit: 'grapheme-ascii' }),
  })
  return fc.uniqueArray(row, { selector: (item) => item.path }).map((some) => some.toSorted((a, b) => compareCodeUnits(a.path, b.path)))
}

function rowsOf(table: ReturnType<typeof decodeTable>): Row[] {
  return table.paths.map((path, index) => ({
    path,
    numbers: [...table.numbers.subarray(index * 2, index * 2 + 2)],
    text: table.texts.slice(index * 3, index * 3 + 3),
  }))
}
