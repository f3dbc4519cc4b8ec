import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@orchestrate/core'
import { EngineStreamError } from './engine.ts'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { findOutputs, readFoundOutputs } from './output-directory.ts'

const never = new AbortController().signal
let volume = ''

beforeEach(() => {
  volume = mkdtempSync(join(tmpdir(), 'orchestrate-volume-'))
})

afterEach(() => rmSync(volume, { recursive: true }))

async function tell(): Promise<readonly string[]> {
  const lines: string[] = []
  for await (const { path, type, mode, size, linkName, content } of readFoundOutputs(findOutputs(volume, 'refuse'), systemClock, never)) {
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

it('refuses a directory that is not there', () => {
  expect(() => findOutputs(join(volume, 'elsewhere'), 'refuse')).toThrow('ENOENT')
})

it('refuses what this user may not read', () => {
  mkdirSync(join(volume, 'open'))
  writeFileSync(join(volume, 'open/shut'), '', { mode: 0o600 })
  expect(() => asNobody(() => findOutputs(volume, 'refuse'))).toThrow('EACCES')
  expect(findOutputs(volume, 'refuse').map(({ name }) => name)).toEqual(['open', 'open/shut'])
})

it('opens what its owner has closed to himself, and tells the modes that it had', () => {
  chownSync(volume, NOBODY, NOBODY)
  const found = asNobody(() => {
    mkdirSync(join(volume, 'shut'))
    writeFileSync(join(volume, 'shut/secret'), 'text', { mode: 0 })
    chmodSync(join(volume, 'shut'), 0)
    return findOutputs(volume, 'open').map(({ name, stats }) => [name, Number(stats.mode) & 0o777])
  })
  expect(found).toEqual([
    ['shut', 0],
    ['shut/secret', 0],
  ])
})

it('fails when a file has gone since', async () => {
  writeFileSync(join(volume, 'file'), 'text')
  const found = findOutputs(volume, 'refuse')
  rmSync(join(volume, 'file'))
  await expect(async () => {
    for await (const entry of readFoundOutputs(found, systemClock, never)) for await (const _ of entry.content);
  }).rejects.toThrow(EngineStreamError)
})

const NOBODY = 65_534

function asNobody<T>(work: () => T): T {
  chmodSync(volume, 0o755)
  process.setegid?.(NOBODY)
  process.seteuid?.(NOBODY)
  try {
    return work()
  } finally {
    process.seteuid?.(0)
    process.setegid?.(0)
  }
}
