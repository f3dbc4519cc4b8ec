import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { digestHex, digestOf } from '@orchestrate/core'
import type { VerifiedRow } from './verified-row.ts'
import { VerifiedRows } from './verified-rows.ts'
import { encodeTable, findRow, mergeTables, readTable } from './verified-table.ts'

const keyOf = (number: number): string => `${digestHex(digestOf(String(number)))}0${number % 2}`
const rowOf = (number: number, durable = true): VerifiedRow => ({ inode: number, size: number * 2, ctimeMs: number + 0.25, durable })
function rowsOf(rows: Iterable<readonly [string, VerifiedRow]>): VerifiedRows {
  const noted = new VerifiedRows()
  for (const [key, row] of rows) noted.set(key, row)
  return noted
}
const tableOf = (numbers: readonly number[], add = 0): Map<string, VerifiedRow> =>
  new Map(numbers.map((number) => [keyOf(number), rowOf(number + add)]))

describe('the table of verified blobs', () => {
  it('finds every row that was merged into it, the newer one where there are two', () => {
    const numbers = fc.uniqueArray(fc.nat(60), { maxLength: 40 })
    fc.assert(
      fc.property(numbers, numbers, (older, newer) => {
        const merged = mergeTables(encodeTable(rowsOf(tableOf(older)), 'boot'), encodeTable(rowsOf(tableOf(newer, 1000)), 'boot'))
        const expected = new Map([...tableOf(older), ...tableOf(newer, 1000)])
        expect(merged.length).toBe(64 * (expected.size + 1))
        for (let number = 0; number <= 60; number += 1) expect(findRow(merged, keyOf(number))).toEqual(expected.get(keyOf(number)) ?? null)
      }),
      { seed: 1 },
    )
  })

  it('forgets after a boot what was not durable', () => {
    const rows = rowsOf([
      [keyOf(1), rowOf(1, true)],
      [keyOf(2), rowOf(2, false)],
    ])
    const found = (boot: string): readonly boolean[] =>
      [1, 2].map((number) => findRow(readTable(encodeTable(rows, 'boot A'), boot), keyOf(number)) !== null)
    expect(found('boot A')).toEqual([true, true])
    expect(found('boot B')).toEqual([true, false])
  })

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['a torn row', encodeTable(rowsOf(tableOf([1])), 'boot').subarray(0, 100)],
    ['another file', Buffer.alloc(128, 'x')],
  ])('takes %s for an empty table', (_, bytes) => {
    expect(readTable(bytes, 'boot')).toEqual(encodeTable(null, 'boot'))
  })
})

describe('rows noted in a run', () => {
  it('are found by their key, the last one of each, however many there are', () => {
    const numbers = Array.from({ length: 1000 }, (_, number) => number)
    const rows = rowsOf([...tableOf(numbers), ...tableOf(numbers.slice(0, 300), 5000)])
    expect(rows.size).toBe(1000)
    for (const number of numbers) expect(rows.get(keyOf(number))).toEqual(rowOf(number < 300 ? number + 5000 : number))
    expect(rows.get(keyOf(1001))).toBeNull()
    expect(rows.get(`${keyOf(1).slice(0, 64)}00`)).toBeNull()
  })

  it('are kept apart when their digests begin alike', () => {
    const keys = ['00', '01', '02'].map((end) => `${'ab'.repeat(31)}${end}00`)
    const rows = rowsOf(keys.toReversed().map((key, number) => [key, rowOf(number)]))
    expect(keys.map((key) => rows.get(key)?.inode)).toEqual([2, 1, 0])
    expect(keys.map((key) => findRow(encodeTable(rows, 'boot'), key)?.inode)).toEqual([2, 1, 0])
  })
})
