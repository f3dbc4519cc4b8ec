import { lstatSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TemporaryRepository, temporaryRepository } from '@orchestrate/testkit'
import { describe, expect, it } from 'vitest'
import { type IndexFile, parseIndexFile } from './git-index-file.ts'
import { findIndex, readIndex } from './read-index.ts'
import { statNumbers } from './stat-row.ts'

const FILES = { 'a.txt': 'a', 'dir/b.txt': 'bb', 'dir/b.txt.more': '', 'dir/é.txt': 'c', dir0: 'd', 'z\nz': 'z' }

describe("git's index file", () => {
  it.each([2, 4])('of version %i names the tracked files, in the states that they have', (version) => {
    using repository = tracked(FILES)
    repository.git('update-index', '--index-version', String(version))
    const index = parsed(repository)
    expect(index?.files).toEqual(namedByGit(repository))
    expect(known(repository, index)).toEqual(index?.files)
  })

  it('of a SHA-256 repository is read as well', () => {
    using repository = temporaryRepository()
    repository.git('init', '-q', '--object-format=sha256', 'inner')
    repository.write({ 'inner/a.txt': 'a', 'inner/b.txt': 'b' })
    repository.git('-C', 'inner', 'add', '.')
    expect(parseIndexFile(readFileSync(join(repository.root, 'inner/.git/index')))?.files).toEqual(['a.txt', 'b.txt'])
  })

  it('tells submodules apart, and names each file of a conflict once, in no state', () => {
    using repository = tracked({ 'a.txt': 'base', 'b.txt': 'b' })
    const [oid = ''] = repository.git('ls-files', '-s', 'a.txt').split(' ').slice(1)
    const stages = [1, 2, 3].map((stage) => `100644 ${oid} ${stage}\ta.txt\n`).join('')
    repository.git('update-index', '--force-remove', 'a.txt')
    writeFileSync(join(repository.root, 'entries'), `${stages}160000 ${'1'.repeat(40)} 0\tvendor\n`)
    repository.git('-c', 'alias.enter=!git update-index --index-info < entries', 'enter')
    const index = parsed(repository)
    expect(index).toMatchObject({ files: ['a.txt', 'b.txt'], submodules: ['vendor'] })
    expect(known(repository, index)).toEqual(['b.txt'])
  })

  it.each([
    ['git was told to take as unchanged', ['update-index', '--assume-unchanged', 'a.txt']],
    ['git was told not to look at', ['update-index', '--skip-worktree', 'a.txt']],
    ['was only announced', ['add', '--intent-to-add', 'new.txt']],
  ])('knows no state of a file that %s', (_, command) => {
    using repository = tracked({ 'a.txt': 'a', 'b.txt': 'b' })
    repository.write({ 'new.txt': '' })
    repository.git(...command)
    const index = parsed(repository)
    expect(index?.files).toEqual(namedByGit(repository))
    expect(known(repository, index)).not.toContain(command.at(-1))
    expect(known(repository, index)).toContain('b.txt')
  })

  it('does not take another size, time or inode for the state', () => {
    using repository = tracked({ 'a.txt': 'a' })
    const index = parsed(repository)
    const state = statNumbers(lstatSync(join(repository.root, 'a.txt')))
    const others = [0, 1, 2, 3].map((at) => state.map((number, place) => (place === at ? number + 1 : number)))
    expect(others.map((other) => index?.isState(0, other, 0))).toEqual([false, false, false, false])
    expect(index?.changedAt(0)).toBe(Math.floor((state[2] ?? 0) / 1000))
  })

  it('is left to git when it is split, sparse, damaged or of another version', () => {
    using repository = tracked(FILES)
    const bytes = readFileSync(join(repository.root, '.git/index'))
    for (let length = 0; length < bytes.length; length += 1) expect(parseIndexFile(bytes.subarray(0, length))).toBeNull()
    expect(parseIndexFile(with32(bytes, 4, 5))).toBeNull()
    expect(parseIndexFile(with32(bytes, 8, 7))).toBeNull()
    expect(parseIndexFile(with32(bytes, 8, 0xffffffff))).toBeNull()
    repository.git('update-index', '--split-index')
    expect(parsed(repository)).toBeNull()
  })
})

describe('the index of a work tree', () => {
  it('is found where the work tree is the main one or a linked one', () => {
    using repository = tracked(FILES)
    repository.git('commit', '-qm', 'files')
    repository.git('worktree', 'add', '-q', 'linked')
    expect(findIndex(repository.root, {})?.path).toBe(join(repository.root, '.git/index'))
    expect(findIndex(join(repository.root, 'linked'), {})?.path).toBe(join(repository.root, '.git/worktrees/linked/index'))
  })

  it('is left to git where variables or the configuration choose, and where there is none', () => {
    using repository = tracked(FILES)
    expect(findIndex(repository.root, { GIT_INDEX_FILE: 'other' })).toBeNull()
    expect(findIndex(join(repository.root, 'dir'), {})).toBeNull()
    repository.git('config', 'core.worktree', '..')
    expect(findIndex(repository.root, {})).toBeNull()
  })

  it('is left to git once it is another than the one that was found', () => {
    using repository = tracked(FILES)
    const found = findIndex(repository.root, {})
    const index = found === null ? null : readIndex(found)
    expect(index?.isCurrent()).toBe(true)
    repository.write({ 'new.txt': '' })
    repository.git('add', 'new.txt')
    expect(index?.isCurrent()).toBe(false)
    expect(found === null ? null : readIndex(found)).toBeNull()
  })
})

function tracked(files: Readonly<Record<string, string>>): TemporaryRepository {
  const repository = temporaryRepository()
  repository.write(files)
  repository.git('add', '.')
  return repository
}

function parsed(repository: TemporaryRepository): IndexFile | null {
  return parseIndexFile(readFileSync(join(repository.root, '.git/index')))
}

function namedByGit(repository: TemporaryRepository): readonly string[] {
  return repository.git('ls-files', '-z').split('\0').slice(0, -1)
}

/** The files whose state on disk is that of the index. */
function known(repository: TemporaryRepository, index: IndexFile | null): readonly string[] {
  return (index?.files ?? []).filter((path, file) => index?.isState(file, statNumbers(lstatSync(join(repository.root, path))), 0))
}

function with32(bytes: Buffer, at: number, value: number): Buffer {
  const changed = Buffer.from(bytes)
  changed.writeUInt32BE(value, at)
  return changed
}
