import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRecordSplitter } from './record-splitter.ts'

const MARK = 'mark'

describe('a record splitter', () => {
  it('gives the records whole, wherever the stream is cut', () => {
    const content = fc
      .string({ unit: fc.constantFrom('\n', 'm', 'a', 'mar', '\nmar', 'x') })
      .filter((text) => !`\n${text}\n`.includes(`\n${MARK}\n`))
    fc.assert(
      fc.property(fc.array(content), fc.array(fc.nat(40)), (contents, cuts) => {
        expect(split(cutUp(contents.map((text) => `${MARK}\n${text}\n`).join(''), cuts))).toEqual({
          records: contents,
          count: contents.length,
        })
      }),
    )
  })
})

function split(pieces: readonly string[]): { records: string[]; count: number } {
  const records: string[] = []
  let current = ''
  const splitter = createRecordSplitter(MARK, {
    part: (bytes) => {
      current += bytes.toString('latin1')
    },
    end: () => {
      records.push(current)
      current = ''
    },
  })
  for (const piece of pieces) splitter.feed(Buffer.from(piece))
  return { count: splitter.finish(), records }
}

function cutUp(text: string, cuts: readonly number[]): string[] {
  const places = [0, ...cuts.map((cut) => Math.min(cut, text.length)).toSorted((a, b) => a - b), text.length]
  return places.slice(1).map((end, index) => text.slice(places[index], end))
}
