import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { digestHex, digestOf } from '@orchestrate/core'
import { encodeTable, findRow, mergeTables, readTable, type VerifiedRow } from './verified-table.ts'

const keyOf = (number: number): string => `${digestHex(digestOf(String(number)))}0${number % 2}`
const rowOf = (number: number, durable = true): VerifiedRow => ({ inode: number, size: number * 2, ctimeMs: number + 0.25, durable })
const tableOf = (numbers: readonly number[], add = 0): Map<string, VerifiedRow> =>
  new Map(numbers.map((number) => [keyOf(number), rowOf(number + add)]))

describe('the table of verified blobs', () => {
  it('finds every row that was merged into it, the newer one where there are two', () => {
    const numbers = fc.uniqueArray(fc.nat(60), { maxLength: 40 })
    fc.assert(
      fc.property(numbers, numbers, (older, newer) => {
        const merged = mergeTables(encodeTable(tableOf(older), 'boot'), encodeTable(tableOf(newer, 1000), 'boot'))
        const expected = new Map([...tableOf(older), ...tableOf(newer, 1000)])
        expect(merged.length).toBe(64 * (expected.size + 1))
        for (let number = 0; number <= 60; number += 1) expect(findRow(merged, keyOf(number))).toEqual(expected.get(keyOf(number)) ?? null)
      }),
      { seed: 1 },
    )
  })

  it('forgets after a boot what was not durable', () => {
    const rows = new Map([
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
    ['a torn row', encodeTable(tableOf([1]), 'boot').subarray(0, 100)],
    ['another file', Buffer.alloc(128, 'x')],
  ])('takes %s for an empty table', (_, bytes) => {
    expect(readTable(bytes, 'boot')).toEqual(encodeTable(new Map(), 'boot'))
  })
})
