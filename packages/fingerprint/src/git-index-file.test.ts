import { execFileSync } from 'node:child_process'
import { lstatSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { type TemporaryRepository, temporaryRepository } from '@orchestrate/testkit'
import { describe, expect, it } from 'vitest'
import { type IndexFile, parseIndexFile } from './git-index-file.ts'
import { statNumbers } from './stat-row.ts'

const NAMES = [
  'a.txt',
  'a/b/c.txt',
  'a/b/d.txt',
  'run.sh',
  'ä.txt',
  '\u{1F600}.txt',
  '\uFFFD.txt',
  `${'long/'.repeat(60)}${'n'.repeat(200)}`,
]

describe('the index file', () => {
  it.each([['2'], ['4']])('of version %s gives every tracked file in the order of git, in its state', (version) => {
    using repository = tracking(NAMES)
    repository.git('update-index', '--index-version', version)
    const index = parsed(repository)
    expect(index.paths).toEqual(trackedBy(repository))
    expect(index.paths.map((path, row) => index.isState(row, stateOf(repository, path), 0))).toEqual(NAMES.map(() => true))
  })

  it('of version 3 tells nothing of files that git does not look at, or that were only announced', () => {
    using repository = tracking(['assumed.txt', 'kept.txt', 'skipped.txt'])
    repository.git('update-index', '--assume-unchanged', 'assumed.txt')
    repository.git('update-index', '--skip-worktree', 'skipped.txt')
    repository.write({ 'announced.txt': '' })
    repository.git('add', '--intent-to-add', 'announced.txt')
    expect(bytesOf(repository).readUInt32BE(4)).toBe(3)
    expect(knownStates(repository)).toEqual(['kept.txt'])
    expect(parsed(repository).paths).toEqual(['announced.txt', 'assumed.txt', 'kept.txt', 'skipped.txt'])
  })

  it('is read in a repository of SHA-256', () => {
    using repository = temporaryRepository({ git: false })
    repository.git('init', '-q', '--object-format=sha256')
    repository.write({ 'a.txt': 'a', 'b/c.txt': 'c' })
    repository.git('add', '.')
    expect(knownStates(repository)).toEqual(['a.txt', 'b/c.txt'])
  })

  it('knows symlinks, and gives submodules apart', () => {
    using inner = tracking(['x'])
    inner.git('commit', '-qm', 'inner')
    using repository = tracking(['a.txt'])
    symlinkSync('a.txt', join(repository.root, 'link'))
    repository.git('add', 'link')
    repository.git('submodule', '--quiet', 'add', inner.root, 'b')
    expect(knownStates(repository)).toEqual(['.gitmodules', 'a.txt', 'link'])
    expect(parsed(repository).submodules).toEqual(['b'])
  })

  it('gives a file in conflict once, and tells nothing of it', () => {
    using repository = tracking(['both.txt', 'a.txt'])
    repository.git('commit', '-qm', 'base')
    repository.git('checkout', '-qb', 'other')
    repository.write({ 'both.txt': 'other' })
    repository.git('commit', '-qam', 'other')
    repository.git('checkout', '-q', 'main')
    repository.write({ 'both.txt': 'main' })
    repository.git('commit', '-qam', 'main')
    expect(() => repository.git('merge', '-q', 'other')).toThrow('Command failed')
    expect(parsed(repository).paths).toEqual(['a.txt', 'both.txt'])
    expect(knownStates(repository)).toEqual(['a.txt'])
  })

  it.each([
    ['size', 0, 1],
    ['mtime', 1, 1 / 1024],
    ['ctime', 2, 1 / 1024],
    ['inode', 3, 1],
  ])('does not take a file of another %s for the one it saw', (_, at, difference) => {
    using repository = tracking(['a.txt'])
    const other = [...stateOf(repository, 'a.txt')]
    other[at] = (other[at] ?? 0) + difference
    expect(parsed(repository).isState(0, other, 0)).toBe(false)
  })

  it('is not read when it is split, or sparse', () => {
    using split = tracking(['a.txt'])
    split.git('update-index', '--split-index')
    expect(parseIndexFile(bytesOf(split))).toBeNull()
    using sparse = tracking(['in/a.txt', 'out/b.txt'])
    sparse.git('commit', '-qm', 'files')
    sparse.git('sparse-checkout', 'set', '--cone', '--sparse-index', 'in')
    expect(parseIndexFile(bytesOf(sparse))).toBeNull()
  })

  it('is not read when it is damaged', () => {
    using repository = tracking(NAMES)
    const bytes = bytesOf(repository)
    for (let length = 0; length < bytes.length; length += 1) expect(parseIndexFile(bytes.subarray(0, length))).toBeNull()
    expect(parseIndexFile(changed(bytes, 0, 'X'))).toBeNull()
    expect(parseIndexFile(changed(bytes, 7, '\x05'))).toBeNull()
    expect(parseIndexFile(changed(bytes, 8, '\xff\xff\xff\xff'))).toBeNull()
  })
})

function tracking(names: readonly string[]): TemporaryRepository {
  const repository = temporaryRepository()
  repository.write(Object.fromEntries(names.map((name) => [name, name])))
  repository.git('add', '.')
  return repository
}

const bytesOf = (repository: TemporaryRepository): Buffer => readFileSync(join(repository.root, '.git/index'))

function parsed(repository: TemporaryRepository): IndexFile {
  const index = parseIndexFile(bytesOf(repository))
  if (index === null) throw new Error('the index was not read')
  return index
}

const stateOf = (repository: TemporaryRepository, path: string): readonly number[] => statNumbers(lstatSync(join(repository.root, path)))

function knownStates(repository: TemporaryRepository): readonly string[] {
  const index = parsed(repository)
  return index.paths.filter((path, row) => index.isState(row, stateOf(repository, path), 0))
}

function trackedBy(repository: TemporaryRepository): readonly string[] {
  const { root, variables } = repository
  return execFileSync('git', ['ls-files', '-z'], { cwd: root, env: variables, encoding: 'utf8' }).split('\0').slice(0, -1)
}

function changed(bytes: Buffer, at: number, text: string): Buffer {
  const copy = Buffer.from(bytes)
  copy.write(text, at, 'latin1')
  return copy
}
