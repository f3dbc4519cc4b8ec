import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { sampleEntry } from '../sample-toolchains.ts'
import { encodeLock } from './encode-lock.ts'
import { openLockFile } from './lock-file.ts'

let root: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lock-file-'))
})

afterEach(() => rmSync(root, { recursive: true, force: true }))

const a = sampleEntry({ kind: 'image', reference: 'a:1' }, 'a')
const b = sampleEntry({ kind: 'image', reference: 'b:1' }, 'b')

it('adds entries to those that are declared, and drops the others', async () => {
  const file = openLockFile(
    root,
    {
      entries: new Map([
        ['a', a],
        ['old', b],
      ]),
    },
    ['a', 'b'],
  )
  expect(await file.set(new Map([['b', b]]))).toEqual({ ok: true, value: undefined })
  expect(readFileSync(join(root, 'builder.lock'), 'utf8')).toBe(
    encodeLock({
      entries: new Map([
        ['a', a],
        ['b', b],
      ]),
    }),
  )
  expect(readdirSync(root)).toEqual(['builder.lock'])
  expect([file.entry('a'), file.entry('b'), file.entry('old')]).toEqual([a, b, null])
})

it('keeps every entry of writes that overlap', async () => {
  const file = openLockFile(root, { entries: new Map() }, ['a', 'b'])
  await Promise.all([file.set(new Map([['a', a]])), file.set(new Map([['b', b]]))])
  expect(readFileSync(join(root, 'builder.lock'), 'utf8')).toBe(
    encodeLock({
      entries: new Map([
        ['a', a],
        ['b', b],
      ]),
    }),
  )
})

it('does not write through a link', async () => {
  writeFileSync(join(root, 'elsewhere'), 'untouched')
  symlinkSync('elsewhere', join(root, 'builder.lock'))
  const file = openLockFile(root, { entries: new Map() }, ['a'])
  expect(await file.set(new Map([['a', a]]))).toEqual({
    ok: false,
    error: {
      kind: 'environment',
      id: 'lock/not-a-file',
      message: 'builder.lock is not a regular file, so it is not written',
      details: [],
      help: 'remove the link or directory of that name and run `orchestrate lock`',
    },
  })
  expect(readFileSync(join(root, 'elsewhere'), 'utf8')).toBe('untouched')
})

it('refuses a directory in its place, and says when the workspace is gone', async () => {
  mkdirSync(join(root, 'builder.lock'))
  const refused = await openLockFile(root, { entries: new Map() }, ['a']).set(new Map([['a', a]]))
  expect(refused).toMatchObject({ ok: false, error: { id: 'lock/not-a-file' } })
  const gone = join(root, 'gone')
  const unwritable = await openLockFile(gone, { entries: new Map() }, ['a']).set(new Map([['a', a]]))
  expect(unwritable).toMatchObject({ ok: false, error: { id: 'lock/unwritable', message: 'builder.lock cannot be written: ENOENT' } })
  expect(existsSync(gone)).toBe(false)
})
