import { execFileSync } from 'node:child_process'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { gzipStored, gzipStoredSize } from './gzip-stored.ts'

const MEBIBYTE = 1024 * 1024

describe('gzipStored', () => {
  it('writes its own header, stored blocks, checksum and size', async () => {
    expect((await compress([Buffer.from('hello\n')])).toString('hex')).toBe(
      ['1f8b08000000000000ff', '01', '0600', 'f9ff', Buffer.from('hello\n').toString('hex'), '20303a36', '06000000'].join(''),
    )
  })

  it('writes one final empty block for empty content', async () => {
    expect((await compress([])).toString('hex')).toBe('1f8b08000000000000ff010000ffff0000000000000000')
  })

  it.each([0, 1, 65_534, 65_535, 65_536, 131_070, 131_071, MEBIBYTE - 33, MEBIBYTE, 3 * MEBIBYTE + 7])(
    'is read back by zlib and has the announced size for %i bytes',
    async (size) => {
      const content = pattern(size)
      const compressed = await compress([content])
      expect(compressed.length).toBe(gzipStoredSize(size))
      expect(gunzipSync(compressed).equals(content)).toBe(true)
    },
  )

  it('does not depend on how the content was cut into pieces', async () => {
    const content = pattern(200_000)
    const pieces = Array.from({ length: 200 }, (_, index) => content.subarray(index * 1000, (index + 1) * 1000))
    expect((await compress(pieces)).equals(await compress([content]))).toBe(true)
  })

  it('is accepted by gzip -t', async () => {
    const output = execFileSync('gzip', ['-tv'], {
      input: await compress([pattern(100_000)]),
      encoding: 'utf8',
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    expect(output).toBe('')
  })

  it('yields pieces of at most 1 MiB', async () => {
    const lengths: number[] = []
    for await (const piece of gzipStored([pattern(3 * MEBIBYTE)], 3 * MEBIBYTE)) lengths.push(piece.length)
    expect(lengths).toEqual([MEBIBYTE, MEBIBYTE, MEBIBYTE, 10 + 5 * 49 + 8])
  })

  it('refuses content of another size than announced', async () => {
    await expect(compress([pattern(5)], 4)).rejects.toThrow('more than the 4 bytes that were announced')
    await expect(compress([pattern(3)], 4)).rejects.toThrow('1 of the 4 bytes that were announced are missing')
  })
})

const pattern = (size: number) => Buffer.from(Uint8Array.from({ length: size }, (_, index) => (index * 31) & 0xff))

async function compress(pieces: readonly Buffer[], size = Buffer.concat(pieces).length): Promise<Buffer> {
  const compressed: Uint8Array[] = []
  for await (const piece of gzipStored(pieces, size)) compressed.push(piece)
  return Buffer.concat(compressed)
}
