import { linkSync, lstatSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { measureStore } from './measure-store.ts'

const NEVER = new AbortController().signal

describe('what a store takes up', () => {
  let root = ''
  const size = (...names: readonly string[]): number => names.reduce((sum, name) => sum + lstatSync(join(root, name)).blocks * 512, 0)
  const write = (name: string, content: string): void => {
    mkdirSync(join(root, name, '..'), { recursive: true })
    writeFileSync(join(root, name), content)
  }
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'measure-store-'))
  })
  afterEach(() => rmSync(root, { recursive: true }))

  it('is told by part, the engine’s own parts apart, and parts without files left out', async () => {
    write('blobs/sha256/ab/x', 'x'.repeat(10_000))
    write('embedded/roots/r/a', 'a')
    write('embedded/caches/c/b', 'b')
    write('layout.json', '{}')
    mkdirSync(join(root, 'tmp'))
    expect(await measureStore(root, NEVER)).toEqual([
      { name: 'blobs', files: 1, bytes: size('blobs', 'blobs/sha256', 'blobs/sha256/ab', 'blobs/sha256/ab/x') },
      { name: 'embedded/caches', files: 1, bytes: size('embedded/caches', 'embedded/caches/c', 'embedded/caches/c/b') },
      { name: 'embedded/roots', files: 1, bytes: size('embedded/roots', 'embedded/roots/r', 'embedded/roots/r/a') },
      { name: 'layout.json', files: 1, bytes: size('layout.json') },
    ])
  })

  it('counts a blob once, however many views link to it', async () => {
    write('blobs/x', 'x'.repeat(10_000))
    mkdirSync(join(root, 'a-view'))
    linkSync(join(root, 'blobs/x'), join(root, 'a-view/x'))
    expect(await measureStore(root, NEVER)).toEqual([
      { name: 'blobs', files: 1, bytes: size('blobs', 'blobs/x') },
      { name: 'a-view', files: 1, bytes: size('a-view') },
    ])
  })

  it('takes names for the bytes that they are', async () => {
    mkdirSync(join(root, 'roots'))
    writeFileSync(Buffer.concat([Buffer.from(`${root}/roots/`), Buffer.of(0xff, 0xe9)]), 'x')
    expect((await measureStore(root, NEVER)).map(({ name, files }) => [name, files])).toEqual([['roots', 1]])
  })

  it('of no store is nothing', async () => {
    expect(await measureStore(join(root, 'none'), NEVER)).toEqual([])
  })
})
