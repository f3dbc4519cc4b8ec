import { execFileSync } from 'node:child_process'
import { chmodSync, linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@orchestrate/core'
import { EngineStreamError } from '@orchestrate/execute'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { findInVolume, readFound } from './read-volume.ts'

const never = new AbortController().signal
let volume = ''

beforeEach(() => {
  volume = mkdtempSync(join(tmpdir(), 'orchestrate-volume-'))
})

afterEach(() => rmSync(volume, { recursive: true }))

async function tell(): Promise<readonly string[]> {
  const lines: string[] = []
  for await (const { path, type, mode, size, linkName, content } of readFound(findInVolume(volume) ?? [], systemClock, never)) {
    const pieces: Uint8Array[] = []
    for await (const piece of content) pieces.push(piece)
    lines.push([type, (type === 'symlink' ? 0 : mode).toString(8), path, size, linkName, Buffer.concat(pieces).toString('utf8')].join('|'))
  }
  return lines
}

it('tells what an archive of the volume would tell, in the order of names', async () => {
  mkdirSync(join(volume, 'b/empty'), { recursive: true, mode: 0o755 })
  writeFileSync(join(volume, 'b/app'), 'program', { mode: 0o755 })
  linkSync(join(volume, 'b/app'), join(volume, 'c'))
  symlinkSync('/etc/passwd', join(volume, 'a'))
  writeFileSync(join(volume, 'é'), '')
  chmodSync(join(volume, 'é'), 0o4640)
  execFileSync('mkfifo', ['-m', '600', join(volume, 'pipe')])
  expect(await tell()).toEqual([
    'symlink|0|a|0|/etc/passwd|',
    'directory|755|b|0||',
    'file|755|b/app|7||program',
    'directory|755|b/empty|0||',
    'hardlink|755|c|0|b/app|',
    'other|600|pipe|0||',
    'file|4640|é|0||',
  ])
})

it('gives large files whole, in pieces', async () => {
  const text = 'x'.repeat(3 * (1 << 20) + 5)
  writeFileSync(join(volume, 'large'), text)
  expect(await tell()).toEqual([`file|644|large|${text.length}||${text}`])
})

it('leaves sockets out', async () => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(join(volume, 'control'), resolve))
  try {
    expect(await tell()).toEqual([])
  } finally {
    server.close()
  }
})

it('gives a name that is not UTF-8 as one that no tree can hold', async () => {
  writeFileSync(Buffer.concat([Buffer.from(`${volume}/bad`), Buffer.from([0xff])]), '')
  expect((await tell()).map((line) => line.isWellFormed())).toEqual([false])
})

it('finds nothing in a directory that is not there', () => {
  expect(findInVolume(join(volume, 'elsewhere'))).toBeNull()
})

it('finds nothing where this user may not read everything', () => {
  mkdirSync(join(volume, 'open'))
  writeFileSync(join(volume, 'open/shut'), '', { mode: 0o600 })
  const found = asNobody(() => findInVolume(volume))
  expect([found, findInVolume(volume)?.map(({ name }) => name)]).toEqual([null, ['open', 'open/shut']])
})

it('fails when a file has gone since', async () => {
  writeFileSync(join(volume, 'file'), 'text')
  const found = findInVolume(volume) ?? []
  rmSync(join(volume, 'file'))
  await expect(async () => {
    for await (const entry of readFound(found, systemClock, never)) for await (const _ of entry.content);
  }).rejects.toThrow(EngineStreamError)
})

function asNobody<T>(work: () => T): T {
  chmodSync(volume, 0o755)
  process.setegid?.(65_534)
  process.seteuid?.(65_534)
  try {
    return work()
  } finally {
    process.seteuid?.(0)
    process.setegid?.(0)
  }
}
