import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { makeDirectory } from './make-directory.ts'

let base: string
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'make-directory-'))
})
afterEach(() => rmSync(base, { recursive: true }))

it('makes every directory that is missing, however many ask at once', async () => {
  const path = join(base, 'a/b/c')
  await Promise.all([makeDirectory(path), makeDirectory(path), makeDirectory(join(base, 'a/b'))])
  expect(statSync(path).isDirectory()).toBe(true)
})

it('goes through a link to a directory', async () => {
  symlinkSync(base, join(base, 'link'))
  await makeDirectory(join(base, 'link/x'))
  expect(statSync(join(base, 'x')).isDirectory()).toBe(true)
})

it('says when a part of the path is a file', async () => {
  writeFileSync(join(base, 'file'), '')
  await expect(makeDirectory(join(base, 'file'))).rejects.toThrow('a part of the path is a file')
})

it('returns from a file system that makes no directories', async () => {
  await expect(makeDirectory('/proc/orchestrate/x')).rejects.toThrow('ENOENT')
})
