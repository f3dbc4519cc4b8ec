import { readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { digestOf } from '@orchestrate/core'
import { type TemporaryRepository, temporaryRepository } from '@orchestrate/testkit'
import { describe, expect, it } from 'vitest'
import type { CacheFile } from './digest-cache.ts'
import { toWorkspacePath } from './file-names.ts'
import type { FileTree } from './inventory.ts'
import { workTreeFiles } from './work-tree-files.ts'

const { signal } = new AbortController()

describe('files of a large repository', () => {
  it('that git saw unchanged are not looked at, the first time that they are asked for', async () => {
    using repository = largeRepository()
    const tree = await secondTree(repository)
    rmSync(join(repository.root, 'a.txt'))
    expect(await resolved(tree, 'a.txt')).toBe(digestOf('a'))
    expect(await resolved(tree, 'a.txt')).toBeNull()
  })

  it('are looked at when they changed in the second in which the index was written', async () => {
    using repository = largeRepository()
    repository.write({ 'late.txt': 'late' })
    repository.git('add', 'late.txt')
    const tree = await secondTree(repository, 'late.txt')
    rmSync(join(repository.root, 'late.txt'))
    expect(await resolved(tree, 'late.txt')).toBeNull()
  })

  it('are looked at when the index is another than the one that git compared', async () => {
    using repository = largeRepository()
    const cache = memoryCache()
    await resolved(treeOf(repository, cache), 'a.txt')
    const tree = treeOf(repository, cache)
    await tree.list(signal)
    repository.write({ 'new.txt': '' })
    repository.git('add', 'new.txt')
    rmSync(join(repository.root, 'a.txt'))
    expect(await resolved(tree, 'a.txt')).toBeNull()
  })

  it.each([
    ['', []],
    [', also with trustctime off', ['config', 'core.trustctime', 'false']],
    [', also with a minimal comparison', ['config', 'core.checkStat', 'minimal']],
    [', also when git was told to take the file as unchanged', ['update-index', '--assume-unchanged', 'a.txt']],
    [', also when git was told not to look at it', ['update-index', '--skip-worktree', 'a.txt']],
  ])('show an edit that keeps size and mtime%s', async (_, command) => {
    using repository = largeRepository()
    if (command.length > 0) repository.git(...command)
    const cache = memoryCache()
    expect(await resolved(treeOf(repository, cache), 'a.txt')).toBe(digestOf('a'))
    untilNextSecond(repository)
    keepingTimes(join(repository.root, 'a.txt'), (path) => writeFileSync(path, 'b'))
    expect(await resolved(treeOf(repository, cache), 'a.txt')).toBe(digestOf('b'))
  })

  it('have the digest of what lies there, not of what was staged', async () => {
    using repository = largeRepository()
    repository.write({ 'a.txt': 'staged' })
    repository.git('add', 'a.txt')
    repository.write({ 'a.txt': 'edited' })
    const tree = await secondTree(repository)
    expect(await resolved(tree, 'a.txt')).toBe(digestOf('edited'))
  })

  it('are all there when their names sort otherwise by bytes than by code unit', async () => {
    using repository = largeRepository({ '\u{1F600}.txt': 'face', '\uFF5E.txt': 'tilde' })
    const tree = await secondTree(repository)
    expect(await resolved(tree, '\u{1F600}.txt')).toBe(digestOf('face'))
    expect(await resolved(tree, '\uFF5E.txt')).toBe(digestOf('tilde'))
  })
})

/** Some 200 files with names so long that git's index counts as large, with an index from a later second. */
function largeRepository(files: Readonly<Record<string, string>> = {}): TemporaryRepository {
  const repository = temporaryRepository()
  const deep = Array.from({ length: 15 }, () => 'd'.repeat(200)).join('/')
  const many = Array.from({ length: 200 }, (_, number) => [`${deep}/${number}.txt`, ''] as const)
  repository.write({ ...Object.fromEntries(many), 'a.txt': 'a', ...files })
  repository.git('add', '.')
  repository.write({ clock: '' })
  repository.git('add', 'clock')
  const index = join(repository.root, '.git/index')
  utimesSync(index, later() / 1000, later() / 1000)
  return repository
}

/** The next edit has another time by the second, as it has outside of tests: rows are kept of files that did not change for two seconds. */
function untilNextSecond(repository: TemporaryRepository): void {
  const secondOf = (): number => {
    repository.write({ clock: '' })
    return Math.floor(statSync(join(repository.root, 'clock')).ctimeMs / 1000)
  }
  for (const now = secondOf(); secondOf() === now; );
}

/** A tree that has listed its files, with a cache that has a row of `path`. */
async function secondTree(repository: TemporaryRepository, path = 'a.txt'): Promise<FileTree> {
  const cache = memoryCache()
  await resolved(treeOf(repository, cache), path)
  const tree = treeOf(repository, cache)
  await tree.list(signal)
  // Asks for another file: by then git has compared all of them.
  await resolved(tree, 'clock')
  return tree
}

function keepingTimes(path: string, edit: (path: string) => void): void {
  const { atime, mtimeNs } = statSync(path, { bigint: true })
  const seconds = Number(mtimeNs / 1000n) / 1e6
  utimesSync(path, atime, seconds)
  edit(path)
  utimesSync(path, atime, seconds)
  expect(readFileSync(path, 'utf8')).toBe('b')
}

/** So much later that everything in a test has long been changed: every row is kept. */
const later = () => Date.now() + 3_600_000

function treeOf(repository: TemporaryRepository, statCache: CacheFile): FileTree {
  const environment = { variables: repository.variables, directory: repository.root }
  return workTreeFiles({ root: repository.root, environment, statCache, clock: { now: later, monotonic: () => performance.now() } })
}

async function resolved(tree: FileTree, path: string) {
  await tree.list(signal)
  const result = await tree.resolve([toWorkspacePath(path)], signal)
  if (!result.ok) throw new Error(JSON.stringify(result.error))
  return result.value.get(toWorkspacePath(path))?.digest ?? null
}

function memoryCache(): CacheFile {
  let kept: Uint8Array | null = null
  return {
    load: async () => kept,
    save: async (bytes) => {
      kept = bytes
    },
  }
}
