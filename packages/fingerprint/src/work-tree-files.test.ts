import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, renameSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { digestOf, WORKSPACE_ROOT, type WorkspacePath } from '@orchestrate/core'
import { type TemporaryRepository, temporaryRepository } from '@orchestrate/testkit'
import { describe, expect, it } from 'vitest'
import type { CacheFile } from './digest-cache.ts'
import { toWorkspacePath } from './file-names.ts'
import type { FileTree } from './inventory.ts'
import { decodeTable, encodeTable } from './packed-table.ts'
import { workTreeFiles } from './work-tree-files.ts'

const { signal } = new AbortController()

describe('listing a work tree', () => {
  it('gives what is tracked and what is new, not what is ignored, sorted by code unit', async () => {
    using repository = temporaryRepository()
    repository.write({ '.gitignore': 'dist\n', 'b.txt': '', 'a b.txt': '', 'B.txt': '', 'dist/x': '', 'é.txt': '', 'new\nline': '' })
    repository.git('add', 'b.txt', '.gitignore', 'é.txt')
    expect(await listed(repository)).toEqual(['.gitignore', 'B.txt', 'a b.txt', 'b.txt', 'new\nline', 'é.txt'])
  })

  it('keeps a tracked file that git would ignore, and names each file of a conflict once', async () => {
    using repository = temporaryRepository()
    repository.write({ 'dist/kept.js': 'a' })
    repository.git('add', '.')
    repository.git('commit', '-qm', 'base')
    repository.git('checkout', '-qb', 'other')
    repository.write({ 'dist/kept.js': 'b' })
    repository.git('commit', '-qam', 'other')
    repository.git('checkout', '-q', 'main')
    repository.write({ 'dist/kept.js': 'c', '.gitignore': 'dist\n' })
    repository.git('add', '.gitignore')
    repository.git('commit', '-qam', 'main')
    expect(() => repository.git('merge', '-q', 'other')).toThrow('Command failed')
    expect(await listed(repository)).toEqual(['.gitignore', 'dist/kept.js'])
  })

  it('leaves out what a file or a symlink has replaced', async () => {
    using repository = temporaryRepository()
    repository.write({ 'gen/a.txt': 'a', 'gen/b/c.txt': 'c', 'general.txt': '' })
    repository.git('add', '.')
    rmSync(join(repository.root, 'gen'), { recursive: true })
    symlinkSync('.', join(repository.root, 'gen'))
    expect(await listed(repository)).toEqual(['gen', 'general.txt'])
  })

  it('walks submodules, nested ones too, and repositories that lie there untracked', async () => {
    using inner = temporaryRepository()
    using outer = temporaryRepository()
    using repository = temporaryRepository()
    commit(inner, { 'deep.txt': 'deep' })
    outer.git('submodule', '--quiet', 'add', inner.root, 'inner')
    commit(outer, { 'lib.txt': 'lib', '.gitignore': '*.log\n' })
    repository.git('submodule', '--quiet', 'add', outer.root, 'vendor/outer')
    repository.git('submodule', '--quiet', 'update', '--init', '--recursive')
    repository.write({ 'vendor/outer/new.txt': '', 'vendor/outer/x.log': '', 'z.txt': '' })
    repository.git('init', '-q', 'nested')
    repository.write({ 'nested/n.txt': '' })
    expect(await listed(repository)).toEqual([
      '.gitmodules',
      'nested/n.txt',
      'vendor/outer/.gitignore',
      'vendor/outer/.gitmodules',
      'vendor/outer/inner/deep.txt',
      'vendor/outer/lib.txt',
      'vendor/outer/new.txt',
      'z.txt',
    ])
  })

  it('leaves out a submodule that is not checked out', async () => {
    using inner = temporaryRepository()
    using repository = temporaryRepository()
    commit(inner, { 'deep.txt': 'deep' })
    repository.git('submodule', '--quiet', 'add', inner.root, 'inner')
    repository.git('submodule', '--quiet', 'deinit', '--force', 'inner')
    expect(await listed(repository)).toEqual(['.gitmodules'])
  })

  it('starts at the workspace when it is a directory inside the repository', async () => {
    using repository = temporaryRepository()
    repository.write({ '.gitignore': '*.log\n', 'shop/a.txt': '', 'shop/b.txt': '', 'shop/c.log': '', 'other/d.txt': '' })
    repository.git('add', 'shop/a.txt', 'other')
    expect(await listed(repository, { root: join(repository.root, 'shop') })).toEqual(['a.txt', 'b.txt'])
  })

  it('works in a linked work tree, whose .git is a file', async () => {
    using repository = temporaryRepository()
    commit(repository, { 'a.txt': '' })
    const linked = join(repository.scratch, 'linked')
    repository.git('worktree', 'add', '-q', linked)
    writeFileSync(join(linked, 'b.txt'), '')
    expect(await listed(repository, { root: linked })).toEqual(['a.txt', 'b.txt'])
  })

  it('is not led astray by the variables of a hook, relative or of another repository', async () => {
    using other = temporaryRepository()
    using repository = temporaryRepository()
    repository.write({ 'shop/a.txt': '', 'shop/b.txt': '', 'shop/.gitignore': 'b.txt\n' })
    repository.git('add', '.')
    const hook = { GIT_DIR: '.git', GIT_INDEX_FILE: '.git/index', GIT_PREFIX: '' }
    const root = join(repository.root, 'shop')
    expect(await listed(repository, { root, variables: hook })).toEqual(['.gitignore', 'a.txt'])
    expect(await listed(repository, { root, variables: hook, directory: other.root })).toEqual(['.gitignore', 'a.txt'])
  })

  it('gives every file there is, but .git, outside of a repository and in a directory that git ignores', async () => {
    using plain = temporaryRepository({ git: false })
    plain.write({ '.gitignore': 'b.txt\n', 'b.txt': '', 'c/d.txt': '', 'c/.git/config': '' })
    expect(await listed(plain)).toEqual(['.gitignore', 'b.txt', 'c/d.txt'])
    using repository = temporaryRepository()
    repository.write({ '.gitignore': 'build\n', 'build/shop/a.txt': '' })
    expect(await listed(repository, { root: join(repository.root, 'build/shop') })).toEqual(['a.txt'])
  })

  it('says what git says when a repository is broken, and that git is missing where it is needed', async () => {
    using repository = temporaryRepository()
    writeFileSync(join(repository.root, '.git/config'), '[core\n')
    expect(await treeOf(repository).list(signal)).toEqual({
      ok: false,
      error: [
        {
          id: 'inputs/git-failed',
          severity: 'error',
          message: '"git ls-files" failed: fatal: bad config line 1 in file .git/config',
          span: null,
          notes: [],
          help: 'follow what git says; "git status" in the workspace should show the same',
        },
      ],
    })
    const withoutGit = await treeOf(repository, { variables: { PATH: repository.scratch } }).list(signal)
    expect(withoutGit).toMatchObject({ ok: false, error: [{ id: 'inputs/git-missing', message: 'git is not installed' }] })
  })

  it('writes nothing into the repository', async () => {
    using repository = temporaryRepository()
    commit(repository, { 'a.txt': 'a' })
    utimesSync(join(repository.root, 'a.txt'), 1_000_000_000, 1_000_000_000)
    const before = statSync(join(repository.root, '.git/index')).ctimeMs
    await listed(repository)
    expect(statSync(join(repository.root, '.git/index')).ctimeMs).toBe(before)
  })
})

describe('the digests of a work tree', () => {
  it('are those of contents and link texts, with the kind of each file', async () => {
    using repository = temporaryRepository({ git: false })
    repository.write({ 'a.txt': 'hello', 'run.sh': '#!/bin/sh\n', 'dir/x': '', 'large.bin': Buffer.alloc(3_000_000, 7) })
    chmodSync(join(repository.root, 'run.sh'), 0o744)
    symlinkSync('../a.txt', join(repository.root, 'dir/link'))
    const entries = await resolved(treeOf(repository), ['run.sh', 'a.txt', 'dir/link', 'dir', 'missing', 'a.txt/x', 'large.bin'])
    expect(entries).toEqual([
      { path: 'a.txt', mode: 'file', digest: digestOf('hello'), size: 5 },
      { path: 'dir/link', mode: 'symlink', digest: digestOf('../a.txt'), size: 8 },
      { path: 'large.bin', mode: 'file', digest: digestOf(Buffer.alloc(3_000_000, 7)), size: 3_000_000 },
      { path: 'run.sh', mode: 'executable', digest: digestOf('#!/bin/sh\n'), size: 10 },
    ])
  })

  it('come from the cache while nothing changes, also in the next run', async () => {
    using repository = temporaryRepository({ git: false })
    repository.write({ a: '1', b: '2' })
    const cache = memoryCache()
    await resolved(treeOf(repository, { cache, now: later }), ['a', 'b'])
    const saves = cache.saves
    const again = await resolved(treeOf(repository, { cache: forged(cache), now: later }), ['a', 'b'])
    expect([again.map(({ digest }) => digest), cache.saves]).toEqual([[FORGED, FORGED], saves])
  })

  it('notice an edit of equal size whose mtime was put back', async () => {
    using repository = temporaryRepository({ git: false })
    repository.write({ a: 'old' })
    const cache = memoryCache()
    const path = join(repository.root, 'a')
    utimesSync(path, 1_500_000_000, 1_500_000_000)
    await resolved(treeOf(repository, { cache, now: later }), ['a'])
    writeFileSync(path, 'new')
    utimesSync(path, 1_500_000_000, 1_500_000_000)
    expect(await resolved(treeOf(repository, { cache, now: later }), ['a'])).toEqual([
      { path: 'a', mode: 'file', digest: digestOf('new'), size: 3 },
    ])
  })

  it('notice a file that was put in the place of another', async () => {
    using repository = temporaryRepository({ git: false })
    repository.write({ a: 'old', b: 'new' })
    const cache = memoryCache()
    await resolved(treeOf(repository, { cache, now: later }), ['a', 'b'])
    renameSync(join(repository.root, 'b'), join(repository.root, 'a'))
    expect(await resolved(treeOf(repository, { cache, now: later }), ['a', 'b'])).toEqual([
      { path: 'a', mode: 'file', digest: digestOf('new'), size: 3 },
    ])
  })

  it('notice the executable bit', async () => {
    using repository = temporaryRepository({ git: false })
    repository.write({ a: 'x' })
    const cache = memoryCache()
    await resolved(treeOf(repository, { cache, now: later }), ['a'])
    chmodSync(join(repository.root, 'a'), 0o755)
    expect(await resolved(treeOf(repository, { cache, now: later }), ['a'])).toEqual([
      { path: 'a', mode: 'executable', digest: digestOf('x'), size: 1 },
    ])
  })

  it('of a file that changed less than two seconds before it was read are not trusted again', async () => {
    using repository = temporaryRepository({ git: false })
    repository.write({ a: 'x' })
    const cache = memoryCache()
    const changed = statSync(join(repository.root, 'a')).ctimeMs
    await resolved(treeOf(repository, { cache, now: () => changed + 1_900 }), ['a'])
    expect(cache.saves).toBe(0)
    await resolved(treeOf(repository, { cache, now: () => changed + 2_100 }), ['a'])
    expect(cache.saves).toBe(1)
  })

  it('are read again when the cache is damaged', async () => {
    using repository = temporaryRepository({ git: false })
    repository.write({ a: 'x' })
    const cache = memoryCache()
    await resolved(treeOf(repository, { cache, now: later }), ['a'])
    cache.bytes?.fill(0, 30)
    expect(await resolved(treeOf(repository, { cache, now: later }), ['a'])).toEqual([
      { path: 'a', mode: 'file', digest: digestOf('x'), size: 1 },
    ])
  })

  it('stop at the abort signal', async () => {
    using repository = temporaryRepository()
    await expect(treeOf(repository).list(AbortSignal.abort(new Error('interrupted')))).rejects.toThrow('interrupted')
  })
})

describe('files that no builder may see', () => {
  it('are found together, each with its reason', async () => {
    using repository = temporaryRepository({ git: false })
    const { root } = repository
    repository.write({ 'real/file.txt': 'x', 'pointer.bin': 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n' })
    for (const [link, target] of Object.entries({
      absolute: '/etc/passwd',
      upwards: '../outside',
      dots: 'up/../outside',
      up: '..',
      alias: 'real',
      dangling: 'nowhere',
    })) {
      symlinkSync(target, join(root, link))
    }
    mkdirSync(join(repository.scratch, 'outside'))
    execFileSync('mkfifo', [join(root, 'fifo')])
    const server = createServer()
    await new Promise<void>((started) => void server.listen(join(root, 'socket'), started))
    const paths = ['absolute', 'upwards', 'up', 'dangling', 'alias', 'alias/file.txt', 'up/file.txt', 'pointer.bin', 'fifo', 'socket']
    const result = await treeOf(repository).resolve(paths.map(toWorkspacePath), signal)
    await new Promise((closed) => server.close(closed))
    expect(result.ok ? [] : result.error.map(({ id, path, message, help }) => [id, path, message, help])).toEqual([
      ['inputs/link-leaves-workspace', 'absolute', 'the symlink "absolute" points to "/etc/passwd", outside the workspace', LINK_HELP],
      ['inputs/behind-link', 'alias/file.txt', '"alias/file.txt" lies behind the symlink "alias"', 'name it "//real/file.txt"'],
      ['inputs/special-file', 'fifo', '"fifo" is a FIFO, not a file', 'exclude it with a "!" pattern'],
      ['inputs/lfs-pointer', 'pointer.bin', '"pointer.bin" is a git-LFS pointer, not its content', 'run "git lfs pull"'],
      ['inputs/special-file', 'socket', '"socket" is a socket, not a file', 'exclude it with a "!" pattern'],
      ['inputs/link-leaves-workspace', 'up', 'the symlink "up" points to "..", outside the workspace', LINK_HELP],
      ['inputs/link-leaves-workspace', 'up/file.txt', '"up/file.txt" lies behind the symlink "up", which leaves the workspace', LINK_HELP],
      ['inputs/link-leaves-workspace', 'upwards', 'the symlink "upwards" points to "../outside", outside the workspace', LINK_HELP],
    ])
  })

  it('include a symlink that leaves by way of another one', async () => {
    using repository = temporaryRepository({ git: false })
    repository.write({ 'a/b/file': '' })
    symlinkSync('..', join(repository.root, 'a/top'))
    symlinkSync('top/../scratch', join(repository.root, 'a/sly'))
    const result = await treeOf(repository).resolve(['a/sly', 'a/top'].map(toWorkspacePath), signal)
    expect(result).toMatchObject({ ok: false, error: [{ id: 'inputs/link-leaves-workspace', path: 'a/sly' }] })
  })

  it('include names that are not UTF-8, shown with their bytes', async () => {
    using repository = temporaryRepository()
    writeFileSync(Buffer.concat([Buffer.from(`${repository.root}/caf`), Buffer.from([0xe9]), Buffer.from('.txt')]), '')
    repository.write({ 'ok.txt': '' })
    const tree = treeOf(repository)
    const list = await tree.list(signal)
    const paths = list.ok ? list.value : []
    expect(paths).toEqual(['caf\udce9.txt', 'ok.txt'])
    expect(await tree.resolve(paths, signal)).toMatchObject({
      ok: false,
      error: [{ id: 'inputs/invalid-name', message: 'the name "caf\\xe9.txt" is not valid UTF-8' }],
    })
  })
})

describe('opening a file', () => {
  it('gives its bytes, or the text of a symlink', async () => {
    using repository = temporaryRepository({ git: false })
    const large = Buffer.alloc(700_000, 'abc')
    repository.write({ large })
    symlinkSync('large', join(repository.root, 'link'))
    const tree = treeOf(repository)
    const [file, link] = await resolved(tree, ['large', 'link'])
    expect([await contentOf(tree, file), await contentOf(tree, link)]).toEqual([large, Buffer.from('large')])
  })
})

const LINK_HELP = 'point it at a file inside the workspace with a relative target, or exclude it with a "!" pattern'

const FORGED = digestOf('forged')

/** So much later that everything in a test has long been changed. */
const later = () => Date.now() + 3_600_000

interface Settings {
  readonly root?: string
  readonly variables?: Readonly<Record<string, string>>
  readonly directory?: string
  readonly cache?: CacheFile
  readonly now?: () => number
}

function treeOf(repository: TemporaryRepository, settings: Settings = {}): FileTree {
  const { root = repository.root, cache = memoryCache(), now = Date.now, directory = repository.root } = settings
  const environment = { variables: { ...repository.variables, ...settings.variables }, directory }
  return workTreeFiles({ root, environment, statCache: cache, clock: { now, monotonic: () => performance.now() } })
}

async function listed(repository: TemporaryRepository, settings?: Settings): Promise<readonly WorkspacePath[]> {
  const result = await treeOf(repository, settings).list(signal)
  if (!result.ok) throw new Error(JSON.stringify(result.error))
  return result.value
}

async function resolved(tree: FileTree, paths: readonly string[]) {
  const result = await tree.resolve(paths.map(toWorkspacePath), signal)
  if (!result.ok) throw new Error(JSON.stringify(result.error))
  return [...result.value.values()]
}

async function contentOf(tree: FileTree, entry: Parameters<FileTree['open']>[0] | undefined): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of tree.open(entry ?? { path: WORKSPACE_ROOT, mode: 'file', digest: FORGED, size: 0 })) pieces.push(piece)
  return Buffer.concat(pieces)
}

function memoryCache(): CacheFile & { bytes: Uint8Array | null; saves: number } {
  const cache = {
    bytes: null as Uint8Array | null,
    saves: 0,
    load: () => Promise.resolve(cache.bytes),
    save: (bytes: Uint8Array) => {
      cache.bytes = bytes
      cache.saves += 1
      return Promise.resolve()
    },
  }
  return cache
}

/** The same cache with other digests: what a tree gives then was not read from the files. */
function forged(cache: ReturnType<typeof memoryCache>): CacheFile {
  const table = decodeTable(cache.bytes, { numberWidth: 5, textWidth: 71 })
  return {
    load: () => Promise.resolve(encodeTable({ ...table, texts: FORGED.repeat(table.paths.length) })),
    save: (bytes) => cache.save(bytes),
  }
}

function commit(repository: TemporaryRepository, files: Readonly<Record<string, string>>): void {
  repository.write(files)
  repository.git('add', '-A')
  repository.git('commit', '-qm', 'files')
}
