import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isBeingWritten } from './is-being-written.ts'

const NOBODY = 0

describe('whether a file is being written', () => {
  let directory = ''
  let file = ''
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'being-written-'))
    file = join(directory, 'log')
    writeFileSync(file, '')
  })
  afterEach(() => rmSync(directory, { recursive: true }))

  it.each(['w', 'a', 'r+'])('is so while a process has it open with "%s"', (flags) => {
    const descriptor = openSync(file, flags)
    expect(isBeingWritten(file, NOBODY)).toBe(true)
    closeSync(descriptor)
    expect(isBeingWritten(file, NOBODY)).toBe(false)
  })

  it('is not so for readers, for the process that asks, and for another file', () => {
    const reader = openSync(file, 'r')
    expect(isBeingWritten(file, NOBODY)).toBe(false)
    closeSync(reader)
    const writer = openSync(file, 'a')
    expect(isBeingWritten(file, process.pid)).toBe(false)
    expect(isBeingWritten(`${file}-other`, NOBODY)).toBe(false)
    closeSync(writer)
  })
})
