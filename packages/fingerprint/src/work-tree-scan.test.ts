import { lstatSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { digestOf } from '@orchestrate/core'
import { type TemporaryRepository, temporaryRepository } from '@orchestrate/testkit'
import { describe, expect, it } from 'vitest'
import type { CacheFile } from './digest-cache.ts'
import { toWorkspacePath } from './file-names.ts'
import type { FileTree } from './inventory.ts'
import { statNumbers } from './stat-row.ts'
import { workTreeFiles } from './work-tree-files.ts'
import { scanWorkTree, type WorkTreeScanner } from './work-tree-scan.ts'

const { signal } = new AbortController()

describe('scanning a work tree', () => {
  it('gives the state of every plain file and symlink, and none for what is neither or lies behind a link', async () => {
    using repository = temporaryRepository()
    repository.write({ 'a.txt': 'a', 'gone.txt': '', 'dir/b.txt': 'b', 'kept/c.txt': 'c' })
    repository.git('add', '.')
    rmSync(join(repository.root, 'gone.txt'))
    rmSync(join(repository.root, 'dir'), { recursive: true })
    symlinkSync('kept', join(repository.root, 'dir'))
    repository.write({ 'new.txt': 'new' })
    const { paths, states } = await scanned(repository)
    expect(paths).toEqual(['a.txt', 'dir', 'gone.txt', 'kept/c.txt', 'new.txt'])
    expect(states).toEqual([
      stateOf(repository, 'a.txt'),
      stateOf(repository, 'dir'),
      null,
      stateOf(repository, 'kept/c.txt'),
      stateOf(repository, 'new.txt'),
    ])
  })

  it('gives the states in the order of the paths when new files stand between tracked ones', async () => {
    using repository = temporaryRepository()
    repository.write({ b: 'b', d: 'dd' })
    repository.git('add', '.')
    repository.write({ a: 'aaa', c: 'cccc', e: 'eeeee' })
    const { paths, states } = await scanned(repository)
    expect(paths.map((path, index) => [path, states[index]?.[0]])).toEqual([
      ['a', 3],
      ['b', 1],
      ['c', 4],
      ['d', 2],
      ['e', 5],
    ])
  })

  it('works without git', async () => {
    using repository = temporaryRepository()
    repository.write({ 'below/a.txt': 'a' })
    rmSync(join(repository.root, '.git'), { recursive: true })
    expect((await scanned(repository)).paths).toEqual(['below/a.txt'])
  })
})

describe('a tree that is scanned', () => {
  it('does not look again at a file whose state is that of the cache, the first time that it is asked', async () => {
    using repository = temporaryRepository()
    repository.write({ 'a.txt': 'a' })
    const cache = memoryCache()
    await resolved(treeOf(repository, cache), 'a.txt')
    const scan = await scanWorkTree(place(repository), signal)
    if (scan.ok) await scan.value.states()
    const tree = treeOf(repository, cache, async () => scan)
    rmSync(join(repository.root, 'a.txt'))
    expect(await resolved(tree, 'a.txt')).toEqual(digestOf('a'))
    expect(await resolved(tree, 'a.txt')).toBeNull()
  })

  it('reads a file whose state is another than that of the cache', async () => {
    using repository = temporaryRepository()
    repository.write({ 'a.txt': 'a', 'b.txt': 'b' })
    const cache = memoryCache()
    await resolved(treeOf(repository, cache), 'a.txt')
    repository.write({ 'a.txt': 'changed' })
    expect(await resolved(treeOf(repository, cache), 'a.txt')).toEqual(digestOf('changed'))
  })

  it('finds a file that appeared after the look', async () => {
    using repository = temporaryRepository()
    mkdirSync(join(repository.root, 'dir'))
    const tree = treeOf(repository, memoryCache())
    await tree.list(signal)
    writeFileSync(join(repository.root, 'late.txt'), 'late')
    expect(await resolved(tree, 'late.txt')).toEqual(digestOf('late'))
  })
})

async function scanned(repository: TemporaryRepository) {
  const scan = await scanWorkTree(place(repository), signal)
  if (!scan.ok) throw new Error(JSON.stringify(scan.error))
  const numbers = await scan.value.states()
  const states = scan.value.paths.map((_, index) => numbers?.slice(index * 5, index * 5 + 5))
  return { paths: scan.value.paths, states: states.map((state) => (state === undefined || Number.isNaN(state[0]) ? null : [...state])) }
}

function stateOf(repository: TemporaryRepository, path: string): readonly number[] {
  return statNumbers(lstatSync(join(repository.root, path)))
}

const place = (repository: TemporaryRepository) => ({
  root: repository.root,
  environment: { variables: repository.variables, directory: repository.root },
})

/** So much later that everything in a test has long been changed: every row is kept. */
const later = () => Date.now() + 3_600_000

function treeOf(repository: TemporaryRepository, statCache: CacheFile, scan: WorkTreeScanner = scanWorkTree): FileTree {
  return workTreeFiles({ ...place(repository), statCache, clock: { now: later, monotonic: () => performance.now() }, scan })
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
