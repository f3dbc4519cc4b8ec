import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { provideLoopbackNames } from './loopback-names.ts'

let directory = ''

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'orchestrate-names-'))
})

afterEach(() => rmSync(directory, { recursive: true }))

it('makes one file that every later call finds', () => {
  const path = provideLoopbackNames(join(directory, 'tmp'))
  const before = statSync(path ?? '')
  expect(provideLoopbackNames(join(directory, 'tmp'))).toBe(path)
  expect(statSync(path ?? '').ino).toBe(before.ino)
  expect(readFileSync(path ?? '', 'utf8')).toBe('127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n')
  expect([before.mode & 0o777, readdirSync(join(directory, 'tmp'))]).toEqual([0o444, ['loopback-names']])
})

it('replaces a file that says something else', () => {
  writeFileSync(join(directory, 'loopback-names'), '10.0.0.1\tlocalhost\n')
  expect(readFileSync(provideLoopbackNames(directory) ?? '', 'utf8')).toContain('127.0.0.1\tlocalhost\n')
})

it('gives nothing where nothing can be written', () => {
  writeFileSync(join(directory, 'file'), '')
  expect(provideLoopbackNames(join(directory, 'file'))).toBeNull()
})
