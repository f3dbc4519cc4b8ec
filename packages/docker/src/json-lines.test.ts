import { describe, expect, it } from 'vitest'
import { readJsonLines } from './json-lines.ts'
import { UnexpectedAnswer } from './json-value.ts'

async function* cut(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text)
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size)
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<readonly unknown[]> {
  const values: unknown[] = []
  for await (const value of readJsonLines(chunks)) values.push(value)
  return values
}

describe('readJsonLines', () => {
  it.each([1, 2, 3, 7, 1000])('decodes lines cut every %i bytes, also inside a character', async (size) => {
    expect(await collect(cut('{"stream":"é€"}\r\n\n{"n":1}\n"last"', size))).toEqual([{ stream: 'é€' }, { n: 1 }, 'last'])
  })

  it('gives nothing for an empty stream', async () => {
    expect(await collect(cut('', 1))).toEqual([])
  })

  it('refuses a line that is no JSON', async () => {
    await expect(collect(cut('{"a":1}\n<html>\n', 100))).rejects.toThrow(
      new UnexpectedAnswer('the engine sent a line that is no JSON: "<html>"'),
    )
  })

  it('refuses a line without an end', async () => {
    await expect(collect(cut('x'.repeat((1 << 20) + 1), 1 << 16))).rejects.toThrow(
      new UnexpectedAnswer('the engine sent a line of more than 1 MiB'),
    )
  })
})
