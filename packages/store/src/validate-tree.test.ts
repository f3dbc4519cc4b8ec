import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { digestOf } from '@orchestrate/core'
import type { TreeEntry } from './tree.ts'
import { validateTree } from './validate-tree.ts'

const file = (path: string): TreeEntry => ({ type: 'file', path, digest: digestOf(path), size: 1, executable: false })
const directory = (path: string): TreeEntry => ({ type: 'directory', path })
const link = (path: string, target = 'x'): TreeEntry => ({ type: 'symlink', path, target })

function verdict(...entries: readonly TreeEntry[]): string {
  const result = validateTree(entries)
  return result.ok ? 'valid' : `${result.error.index} ${JSON.stringify(result.error.path)}: ${result.error.reason}`
}

describe('validateTree', () => {
  it('accepts an empty directory, a single file or link, and a sorted tree', () => {
    expect(verdict()).toBe('valid')
    expect(verdict(file(''))).toBe('valid')
    expect(verdict(link(''))).toBe('valid')
    expect(
      verdict(directory('a'), directory('a-b'), file('a-b/c'), file('a/b'), link('l', '/etc/passwd'), link('up', '../..'), file('w\\x')),
    ).toBe('valid')
  })

  it.each([
    ['an absolute path', [file('/a')], '0 "/a": its path is absolute'],
    ['a parent segment', [file('../a')], '0 "../a": its path has a ".." segment'],
    ['an inner parent segment', [directory('a'), file('a/../b')], '1 "a/../b": its path has a ".." segment'],
    ['a dot segment', [file('./a')], '0 "./a": its path has a "." segment'],
    ['an empty segment', [file('a//b')], '0 "a//b": its path has an empty segment'],
    ['a trailing slash', [directory('a/')], '0 "a/": its path has an empty segment'],
    ['a NUL byte', [file('a\0b')], '0 "a\\u0000b": its name holds a NUL byte'],
    ['half a surrogate pair', [file('a\uD800')], '0 "a\\ud800": its name is not valid Unicode'],
    ['a component of 256 bytes', [file('é'.repeat(128))], `0 "${'é'.repeat(128)}": its name is longer than 255 bytes`],
    ['an empty name among others', [file(''), file('a')], '0 "": its name is empty'],
    ['a nameless directory', [directory('')], '0 "": a directory needs a name'],
    ['a duplicate', [file('a'), link('a')], '1 "a": it occurs twice'],
    ['disorder', [file('b'), file('a')], '1 "a": it is out of order'],
    ['a missing parent', [file('a/b')], '0 "a/b": its directory is not listed'],
    ['a file below a file', [file('a'), file('a/b')], '1 "a/b": it lies below a file'],
    ['a file below a link', [link('a'), file('a/b')], '1 "a/b": it lies below a symbolic link'],
    ['an empty link', [link('a', '')], '0 "a": its link target is empty'],
    ['a link with a NUL byte', [link('a', 'x\0')], '0 "a": its link target holds a NUL byte'],
    ['a negative size', [{ ...file('a'), size: -1 }], '0 "a": its size is not a number of bytes'],
    ['a malformed digest', [{ ...file('a'), digest: 'sha256:0' }], '0 "a": its digest is malformed'],
  ])('refuses %s', (_, entries, expected) => {
    expect(verdict(...(entries as readonly TreeEntry[]))).toBe(expected)
  })

  it('accepts components of 255 bytes and paths of 4096, and no more', () => {
    const directories = Array.from({ length: 16 }, (_, depth) =>
      directory(Array.from({ length: depth + 1 }, () => 'd'.repeat(254)).join('/')),
    )
    const deepest = directories.at(-1)?.path ?? ''
    expect(verdict(...directories, file(`${deepest}/${'f'.repeat(4095 - deepest.length)}`))).toBe('valid')
    expect(verdict(...directories, file(`${deepest}/${'f'.repeat(4096 - deepest.length)}`))).toMatch(/its path is longer than 4096 bytes$/)
  })

  it('lets no name out of the directory under which it is laid out', () => {
    const segment = fc.oneof(fc.constantFrom('..', '.', '', 'a', '\\..', '\0', '...'), fc.string({ maxLength: 4 }))
    fc.assert(
      fc.property(fc.array(segment, { minLength: 1, maxLength: 5 }), (segments) => {
        const path = segments.join('/')
        const parents = segments.slice(0, -1).map((_, depth) => directory(segments.slice(0, depth + 1).join('/')))
        const accepted = validateTree([...parents, file(path)]).ok && path !== ''
        expect(!accepted || join('/root', path) === `/root/${path}`).toBe(true)
      }),
      { seed: 1, numRuns: 2000 },
    )
  })
})
