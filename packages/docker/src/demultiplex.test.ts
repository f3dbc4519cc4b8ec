import { describe, expect, it } from 'vitest'
import { demultiplex } from './demultiplex.ts'
import { UnexpectedAnswer } from './json-value.ts'

function frame(stream: number, text: string): Buffer {
  const header = Buffer.alloc(8)
  header[0] = stream
  header.writeUInt32BE(Buffer.byteLength(text), 4)
  return Buffer.concat([header, Buffer.from(text)])
}

async function* cut(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size)
}

async function split(bytes: Buffer, size: number): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const stdout: Uint8Array[] = []
  const stderr: Uint8Array[] = []
  await demultiplex(cut(bytes, size), { stdout: (chunk) => stdout.push(chunk), stderr: (chunk) => stderr.push(chunk) })
  return { stdout: Buffer.concat(stdout).toString('utf8'), stderr: Buffer.concat(stderr).toString('utf8') }
}

describe('demultiplex', () => {
  const bytes = Buffer.concat([frame(1, 'out é'), frame(2, 'err'), frame(1, ''), frame(1, ' more')])

  it.each([1, 3, 8, 9, 1000])('takes frames apart that come in pieces of %i bytes', async (size) => {
    expect(await split(bytes, size)).toEqual({ stdout: 'out é more', stderr: 'err' })
  })

  it.each([4, 10])('refuses a stream that ends inside a frame, after %i bytes', async (length) => {
    await expect(split(bytes.subarray(0, length), 100)).rejects.toThrow(new UnexpectedAnswer("the builder's output ended inside a frame"))
  })

  it('refuses a frame of an unknown stream', async () => {
    await expect(split(frame(9, 'x'), 100)).rejects.toThrow(
      new UnexpectedAnswer("the builder's output has a frame of the unknown stream 9"),
    )
  })
})
