import { Readable } from 'node:stream'
import { EngineStreamError } from '@orchestrate/execute'
import { packTar, type TarEntry } from 'modern-tar'
import { describe, expect, it } from 'vitest'
import { readArchive } from './read-outputs.ts'

const mtime = new Date(0)
const file = (name: string, body: string): TarEntry => ({
  header: { name, size: Buffer.byteLength(body), type: 'file', mode: 0o644, mtime },
  body,
})

async function read(archive: Uint8Array): Promise<readonly string[]> {
  const lines: string[] = []
  for await (const entry of readArchive(Readable.from([archive]), 'out')) {
    const chunks: Uint8Array[] = []
    for await (const chunk of entry.content) chunks.push(chunk)
    lines.push([entry.type, entry.mode.toString(8), entry.path, entry.linkName, Buffer.concat(chunks).toString('utf8')].join('|'))
  }
  return lines
}

describe('readArchive', () => {
  it('gives paths relative to the root and leaves the root itself out', async () => {
    const archive = await packTar([
      { header: { name: 'out/', size: 0, type: 'directory', mode: 0o755, mtime } },
      { header: { name: 'out/bin/', size: 0, type: 'directory', mode: 0o755, mtime } },
      file('out/bin/app', 'program'),
      { header: { name: 'out/again', size: 0, type: 'link', linkname: 'out/bin/app', mode: 0o755, mtime } },
      { header: { name: 'out/latest', size: 0, type: 'symlink', linkname: 'bin/app', mode: 0o777, mtime } },
      { header: { name: 'out/pipe', size: 0, type: 'fifo', mode: 0o644, mtime } },
    ])
    expect(await read(archive)).toEqual([
      'directory|755|bin||',
      'file|644|bin/app||program',
      'hardlink|755|again|bin/app|',
      'symlink|777|latest|bin/app|',
      'other|644|pipe||',
    ])
  })

  it('passes hostile names on as they are written', async () => {
    const archive = await packTar([file('../../etc/cron', 'a'), file('/etc/passwd', 'b'), file('out/../x', 'c'), file('outside', 'd')])
    expect(await read(archive)).toEqual([
      'file|644|../../etc/cron||a',
      'file|644|/etc/passwd||b',
      'file|644|../x||c',
      'file|644|outside||d',
    ])
  })

  it('skips content that nobody reads', async () => {
    const archive = await packTar([file('out/a', 'x'.repeat(300_000)), file('out/b', 'y')])
    const paths: string[] = []
    for await (const entry of readArchive(Readable.from([archive]), 'out')) paths.push(entry.path)
    expect(paths).toEqual(['a', 'b'])
  })

  it.each([700, 1100, 1536])('refuses an archive that ends after %i bytes', async (length) => {
    const archive = await packTar([file('out/a', 'x'.repeat(700)), file('out/b', 'y')])
    await expect(read(archive.subarray(0, length))).rejects.toThrow(EngineStreamError)
  })

  it('refuses a header whose checksum is wrong', async () => {
    const archive = await packTar([file('out/a', 'x')])
    archive[4] = 0x62
    await expect(read(archive)).rejects.toThrow(EngineStreamError)
  })
})
