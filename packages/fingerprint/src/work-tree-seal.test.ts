import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { digestOf } from '@orchestrate/core'
import { type TemporaryRepository, temporaryRepository } from '@orchestrate/testkit'
import { describe, expect, it } from 'vitest'
import type { CacheFile } from './digest-cache.ts'
import { toWorkspacePath } from './file-names.ts'
import { type WorkTree, workTreeFiles } from './work-tree-files.ts'
import type { WorkTreeSeal } from './work-tree-seal.ts'

const { signal } = new AbortController()

/** So much later that everything in a test has long been changed. */
const later = () => Date.now() + 3_600_000

const FILES = { '.gitignore': '*.log\n', 'a.txt': 'old', 'b/c.txt': 'c', 'd.txt': 'd' }

describe('a sealed work tree', () => {
  it('is known again, and what git tracks is not looked at for it', async () => {
    using repository = committed()
    const seal = await sealed(repository, ['a.txt', 'b/c.txt'])
    expect(seal?.paths).toBe('')
    expect(await holds(repository, seal)).toBe(true)
  })

  it('is known again with files that git does not speak for: new, edited, ignored, absent, told not to look at', async () => {
    using repository = committed()
    repository.write({ 'new.txt': 'new', 'x.log': 'x', 'a.txt': 'edited' })
    repository.git('update-index', '--assume-unchanged', 'd.txt')
    const seal = await sealed(repository, ['a.txt', 'b/c.txt', 'd.txt', 'missing.log', 'new.txt', 'x.log'])
    expect(seal?.paths.split('\0')).toEqual(['a.txt', 'd.txt', 'missing.log', 'new.txt', 'x.log'])
    expect(await holds(repository, seal)).toBe(true)
  })

  it.each<readonly [string, (repository: TemporaryRepository) => void]>([
    ['a tracked file was edited', (repository) => repository.write({ 'a.txt': 'edited' })],
    ['another file of the same size and mtime was put in the place of a tracked one', replace('a.txt')],
    ['a tracked file was made executable', ({ root }) => chmodSync(join(root, 'a.txt'), 0o755)],
    ['a tracked file was removed', ({ root }) => unlinkSync(join(root, 'd.txt'))],
    ['a file is new', (repository) => repository.write({ 'e.txt': '' })],
    ['a file in a new directory is new', (repository) => repository.write({ 'e/f/g.txt': '' })],
    ['a file is not ignored any more', (repository) => repository.write({ '.gitignore': '' })],
    ['a file was staged', (repository) => stage(repository, 'd.txt')],
    [
      'a directory was replaced by a symlink to an equal one',
      ({ root }) => {
        renameSync(join(root, 'b'), join(root, 'x.log'))
        symlinkSync('x.log', join(root, 'b'))
      },
    ],
    ['an ignored file that was asked for was edited', editUnderneath('known.log')],
    ['an ignored file that was asked for has appeared', (repository) => repository.write({ 'missing.log': '' })],
    ['an ignored file that was asked for is gone', ({ root }) => unlinkSync(join(root, 'known.log'))],
    ['a file that git was told not to look at was edited', editUnderneath('assumed.txt')],
    ['a file that git was told to leave alone was edited', editUnderneath('skipped.txt')],
  ])('is another one when %s', async (_, change) => {
    using repository = committed({ 'assumed.txt': 'a', 'skipped.txt': 's' })
    repository.git('update-index', '--assume-unchanged', 'assumed.txt')
    repository.git('update-index', '--skip-worktree', 'skipped.txt')
    repository.write({ 'known.log': 'old' })
    const seal = await sealed(repository, ['a.txt', 'assumed.txt', 'b/c.txt', 'known.log', 'missing.log', 'skipped.txt'])
    expect(await holds(repository, seal)).toBe(true)
    change(repository)
    expect(await holds(repository, seal)).toBe(false)
  })

  it.each([
    ['the usual configuration', 'true'],
    ['core.trustctime=false', 'false'],
  ])('is another one when only the ctime tells of an edit, with %s', async (_, trusted) => {
    using repository = committed()
    repository.git('config', 'core.trustctime', trusted)
    const seal = await sealed(repository, ['a.txt'])
    await untilNextSecond(join(repository.root, 'a.txt'))
    editUnderneath('a.txt')(repository)
    expect([await holds(repository, seal), await digest(repository, 'a.txt')]).toEqual([false, digestOf('new')])
  })

  it.each([
    ['core.checkStat', 'minimal'],
    ['core.fsmonitor', 'true'],
    ['core.ignoreStat', 'true'],
  ])('is another one after an edit that git would overlook with %s=%s', async (name, value) => {
    using repository = committed()
    if (name === 'core.fsmonitor') setBlindMonitor(repository)
    else repository.git('config', name, value)
    repository.git('status')
    const seal = await sealed(repository, ['a.txt'])
    replace('a.txt')(repository)
    expect([await holds(repository, seal), await digest(repository, 'a.txt')]).toEqual([false, digestOf('new')])
  })

  it('is known again in a directory of the repository, whatever changes beside it', async () => {
    using repository = committed({ 'shop/a.txt': 'old', 'shop/b.txt': 'b' })
    const root = join(repository.root, 'shop')
    const seal = await sealed(repository, ['a.txt', 'b.txt'], { root })
    expect(seal?.paths).toBe('')
    repository.write({ 'a.txt': 'beside', 'new.txt': '' })
    expect(await holds(repository, seal, { root })).toBe(true)
    replace('shop/a.txt')(repository)
    expect(await holds(repository, seal, { root })).toBe(false)
  })

  it('is known again in a linked work tree', async () => {
    using repository = committed()
    const root = join(repository.scratch, 'linked')
    repository.git('worktree', 'add', '-q', root)
    const seal = await sealed(repository, ['a.txt'], { root })
    expect([seal?.paths, await holds(repository, seal, { root })]).toEqual(['', true])
    writeFileSync(join(root, 'a.txt'), 'new')
    expect(await holds(repository, seal, { root })).toBe(false)
  })
})

describe('a work tree is not sealed', () => {
  it('when a file was changed less than two seconds before it was read', async () => {
    using repository = committed()
    const changed = lstatSync(join(repository.root, 'a.txt')).ctimeMs
    expect(await sealed(repository, ['a.txt'], { now: () => changed + 1_900 })).toBeNull()
    expect((await sealed(repository, ['a.txt'], { now: () => changed + 2_100 }))?.paths).toBe('')
  })

  it('when the index is as young and has no checksum', async () => {
    using repository = committed()
    repository.git('config', 'index.skipHash', 'true')
    repository.git('config', 'feature.manyFiles', 'true')
    const index = join(repository.root, '.git/index')
    const bytes = withoutChecksum(index)
    writeFileSync(index, bytes)
    const written = lstatSync(index).ctimeMs
    expect(await sealed(repository, ['a.txt'], { now: () => written + 1_900 })).toBeNull()
    expect(await sealed(repository, ['a.txt'], { now: () => written + 2_100 })).not.toBeNull()
  })

  it('when it holds submodules or other repositories', async () => {
    using inner = committed()
    using repository = committed()
    repository.git('submodule', '--quiet', 'add', inner.root, 'inner')
    repository.git('commit', '-qm', 'submodule')
    expect(await sealed(repository, ['a.txt'])).toBeNull()
    using outer = committed()
    outer.git('init', '-q', 'nested')
    expect(await sealed(outer, ['a.txt'])).toBeNull()
  })

  it('outside of a repository, and where a variable or the configuration puts the repository elsewhere', async () => {
    using plain = temporaryRepository({ git: false })
    plain.write(FILES)
    expect(await sealed(plain, ['a.txt'])).toBeNull()
    using repository = committed()
    expect(await sealed(repository, ['a.txt'], { variables: { GIT_DIR: join(repository.root, '.git') } })).toBeNull()
    repository.git('config', 'core.worktree', repository.root)
    expect(await sealed(repository, ['a.txt'])).toBeNull()
  })

  it('when git cannot say what is there', async () => {
    using repository = committed()
    expect(await sealed(repository, [], { variables: { PATH: repository.scratch } })).toBeNull()
  })

  it('when something could not be read', async () => {
    using repository = committed()
    symlinkSync('/etc/passwd', join(repository.root, 'out'))
    const tree = treeOf(repository)
    await tree.list(signal)
    expect((await tree.resolve([toWorkspacePath('out')], signal)).ok).toBe(false)
    expect(await tree.seal()).toBeNull()
  })

  it('when more files would have to be looked at than it spares', async () => {
    using repository = committed()
    mkdirSync(join(repository.root, 'many'))
    const names = Array.from({ length: 4097 }, (_, number) => `many/${number}.log`)
    for (const name of names) writeFileSync(join(repository.root, name), '')
    expect(await sealed(repository, names.slice(0, 4096))).not.toBeNull()
    expect(await sealed(repository, names)).toBeNull()
  })
})

it('asks git again about a file that is asked for again', async () => {
  using repository = committed()
  const tree = treeOf(repository)
  await tree.list(signal)
  const digestNow = async () => {
    const resolved = await tree.resolve([toWorkspacePath('a.txt')], signal)
    return resolved.ok ? resolved.value.get(toWorkspacePath('a.txt'))?.digest : null
  }
  expect(await digestNow()).toBe(digestOf('old'))
  editUnderneath('a.txt')(repository)
  expect(await digestNow()).toBe(digestOf('new'))
  rmSync(join(repository.root, 'a.txt'))
  expect(await digestNow()).toBeUndefined()
})

function committed(files: Readonly<Record<string, string>> = {}): TemporaryRepository {
  const repository = temporaryRepository()
  repository.write({ ...FILES, ...files })
  for (const name of Object.keys({ ...FILES, ...files })) utimesSync(join(repository.root, name), 1_500_000_000, 1_500_000_000)
  repository.git('add', '.')
  repository.git('commit', '-qm', 'files')
  return repository
}

/** Changes the content, and neither size nor mtime nor inode. */
function editUnderneath(path: string): (repository: TemporaryRepository) => void {
  return ({ root }) => {
    const file = join(root, path)
    const { mtime } = lstatSync(file)
    writeFileSync(file, 'new')
    utimesSync(file, mtime, mtime)
  }
}

function stage(repository: TemporaryRepository, path: string): void {
  repository.write({ [path]: 'staged' })
  repository.git('add', path)
}

/** Changes the content and the inode, and neither size nor mtime. */
function replace(path: string): (repository: TemporaryRepository) => void {
  return ({ root, scratch }) => {
    const file = join(root, path)
    const { mtime } = lstatSync(file)
    writeFileSync(join(scratch, 'next'), 'new')
    utimesSync(join(scratch, 'next'), mtime, mtime)
    renameSync(join(scratch, 'next'), file)
  }
}

/**
 * git compares whole seconds of a ctime, which nobody can set: a tree is sealed only when it is two seconds old, and the test
 * has to let the one pass in which it made the file.
 */
async function untilNextSecond(file: string): Promise<void> {
  const next = (Math.floor(lstatSync(file).ctimeMs / 1000) + 1) * 1000
  while (lstatSync(touched(`${file}.log`)).ctimeMs < next) await setImmediate()
}

function touched(file: string): string {
  writeFileSync(file, '')
  return file
}

/** A monitor that says that nothing has changed, whatever happens. */
function setBlindMonitor(repository: TemporaryRepository): void {
  const monitor = join(repository.scratch, 'monitor')
  writeFileSync(monitor, '#!/bin/sh\nprintf "token\\0"\n', { mode: 0o755 })
  repository.git('config', 'core.fsmonitor', monitor)
  repository.git('update-index', '--fsmonitor')
}

interface Settings {
  readonly root?: string
  readonly variables?: Readonly<Record<string, string>>
  readonly now?: () => number
}

const CACHES = new WeakMap<TemporaryRepository, CacheFile>()

function treeOf(repository: TemporaryRepository, { root = repository.root, variables = {}, now = later }: Settings = {}): WorkTree {
  const cache = CACHES.get(repository) ?? memoryCache()
  CACHES.set(repository, cache)
  const environment = { variables: { ...repository.variables, ...variables }, directory: root }
  return workTreeFiles({ root, environment, statCache: cache, clock: { now, monotonic: () => performance.now() } })
}

async function sealed(repository: TemporaryRepository, paths: readonly string[], settings?: Settings): Promise<WorkTreeSeal | null> {
  const tree = treeOf(repository, settings)
  await tree.list(signal)
  await tree.resolve(paths.map(toWorkspacePath), signal)
  return tree.seal()
}

async function holds(repository: TemporaryRepository, seal: WorkTreeSeal | null, settings?: Settings): Promise<boolean> {
  if (seal === null) throw new Error('the work tree was not sealed')
  return treeOf(repository, settings).isAsSealed(seal, signal)
}

async function digest(repository: TemporaryRepository, path: string) {
  const tree = treeOf(repository)
  await tree.list(signal)
  const resolved = await tree.resolve([toWorkspacePath(path)], signal)
  return resolved.ok ? resolved.value.get(toWorkspacePath(path))?.digest : null
}

/** The index as index.skipHash writes it. */
function withoutChecksum(index: string): Buffer {
  const bytes = readFileSync(index)
  return bytes.fill(0, bytes.length - 20)
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
