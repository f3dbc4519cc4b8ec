import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { digestOf, WORKSPACE_ROOT } from '@orchestrate/core'
import { type TemporaryRepository, temporaryRepository } from '@orchestrate/testkit'
import { describe, expect, it } from 'vitest'
import type { CacheFile } from './digest-cache.ts'
import { toWorkspacePath } from './file-names.ts'
import { gitIndexFiles, type IndexTree } from './git-index-files.ts'

const { signal } = new AbortController()

describe("git's index", () => {
  it('holds what is staged, whatever the work tree has', async () => {
    using repository = temporaryRepository()
    repository.write({ 'a.txt': 'staged', 'b.txt': 'b', 'run.sh': 'run' })
    symlinkSync('a.txt', join(repository.root, 'link'))
    repository.git('add', '.')
    repository.git('update-index', '--chmod=+x', 'run.sh')
    repository.write({ 'a.txt': 'edited', 'new.txt': '' })
    rmSync(join(repository.root, 'b.txt'))
    expect(await snapshot(treeOf(repository))).toEqual([
      ['a.txt', 'file', digestOf('staged'), 6],
      ['b.txt', 'file', digestOf('b'), 1],
      ['link', 'symlink', digestOf('a.txt'), 5],
      ['run.sh', 'executable', digestOf('run'), 3],
    ])
  })

  it('is given as it would be checked out: by the attributes that are staged, not those of the work tree', async () => {
    using repository = temporaryRepository()
    repository.write({
      '.gitattributes': '*.txt eol=crlf\n',
      'sub/.gitattributes': '*.loud filter=loud\n',
      'a b.txt': 'x\ny\n',
      'new\nline.txt': 'x\n',
      'sub/a.loud': 'hush',
    })
    repository.git('config', 'filter.loud.smudge', 'tr a-z A-Z')
    repository.git('add', '.')
    repository.write({ '.gitattributes': '*.txt eol=lf\n' })
    rmSync(join(repository.root, 'sub'), { recursive: true })
    expect(await snapshot(treeOf(repository))).toEqual([
      ['.gitattributes', 'file', digestOf('*.txt eol=crlf\n'), 15],
      ['a b.txt', 'file', digestOf('x\r\ny\r\n'), 6],
      ['new\nline.txt', 'file', digestOf('x\r\n'), 3],
      ['sub/.gitattributes', 'file', digestOf('*.loud filter=loud\n'), 19],
      ['sub/a.loud', 'file', digestOf('HUSH'), 4],
    ])
  })

  it('is what a clean checkout of it gives, byte for byte', async () => {
    using repository = temporaryRepository()
    repository.git('config', 'core.autocrlf', 'true')
    repository.write({
      '.gitattributes': '*.bin -text\n*.id ident\n*.utf16 working-tree-encoding=UTF-16LE text\n',
      'lf.md': 'a\nb\n',
      'mixed.md': 'a\r\nb\n',
      'raw.bin': Buffer.from([0, 10, 13, 10, 255]),
      'x.id': '$Id$\n',
      'x.utf16': Buffer.from('a\nb\n', 'utf16le'),
      empty: '',
      'large.md': 'line\n'.repeat(300_000),
    })
    repository.git('add', '.')
    const fromIndex = await snapshot(treeOf(repository))
    const checkout = join(repository.scratch, 'checkout')
    repository.git('checkout-index', '--all', `--prefix=${checkout}/`)
    const fromCheckout = readdirSync(checkout)
      .toSorted()
      .map((name) => [name, 'file', ...digestAndSize(join(checkout, name))])
    expect(fromIndex).toEqual(fromCheckout)
  })

  it('follows attributes above the workspace and in .git/info', async () => {
    using repository = temporaryRepository()
    repository.write({ '.gitattributes': '*.txt eol=crlf\n', 'shop/a.txt': '1\n', 'shop/b.md': '1\n', 'other/c.txt': '' })
    repository.git('add', '.')
    writeFileSync(join(repository.root, '.git/info/attributes'), '*.md eol=crlf\n')
    expect(await snapshot(treeOf(repository, { root: join(repository.root, 'shop') }))).toEqual([
      ['a.txt', 'file', digestOf('1\r\n'), 3],
      ['b.md', 'file', digestOf('1\r\n'), 3],
    ])
  })

  it('is the one of the hook: GIT_INDEX_FILE of "git commit FILE", with relative variables', async () => {
    using repository = temporaryRepository()
    repository.write({ 'shop/a.txt': '1', 'shop/b.txt': '1' })
    repository.git('add', '.')
    repository.git('commit', '-qm', 'first')
    repository.write({ 'shop/a.txt': '2', 'shop/b.txt': '2' })
    repository.git('read-tree', '--index-output=.git/next-index', 'HEAD')
    const hook = { GIT_INDEX_FILE: '.git/next-index' }
    repository.git('add', 'shop/b.txt')
    const root = join(repository.root, 'shop')
    const digests = async (variables: Readonly<Record<string, string>>) =>
      (await snapshot(treeOf(repository, { root, variables }))).map(([, , digest]) => digest)
    expect(await digests({})).toEqual([digestOf('1'), digestOf('2')])
    expect(await digests(hook)).toEqual([digestOf('1'), digestOf('1')])
    expect(await digests({ ...hook, GIT_DIR: '.git', GIT_WORK_TREE: '.' })).toEqual([digestOf('1'), digestOf('1')])
  })

  it('is seen by a real pre-commit hook of "git commit -a", in a linked work tree too', async () => {
    using repository = temporaryRepository()
    repository.write({ 'a.txt': '1' })
    repository.git('add', '.')
    repository.git('commit', '-qm', 'first')
    const linked = join(repository.scratch, 'linked')
    repository.git('worktree', 'add', '-q', linked)
    const hooks = join(repository.scratch, 'hooks')
    mkdirSync(hooks)
    writeFileSync(
      join(hooks, 'pre-commit'),
      `#!/bin/sh\nenv | grep ^GIT_ > "${repository.scratch}/variables"\ncp "$GIT_INDEX_FILE" "${repository.scratch}/index"\n`,
      { mode: 0o755 },
    )
    writeFileSync(join(linked, 'a.txt'), '2')
    repository.git('-C', linked, '-c', `core.hooksPath=${hooks}`, 'commit', '-qam', 'second')
    const lines = readFileSync(join(repository.scratch, 'variables'), 'utf8').trim().split('\n')
    const variables = Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]))
    const hook = { ...variables, GIT_INDEX_FILE: join(repository.scratch, 'index') }
    const tree = treeOf(repository, { root: linked, directory: linked, variables: hook })
    expect(await snapshot(tree)).toEqual([['a.txt', 'file', digestOf('2'), 1]])
  })

  it('leaves out what was only announced, not what is empty', async () => {
    using repository = temporaryRepository()
    repository.write({ 'empty.txt': '', 'announced.txt': 'x', '*': '' })
    repository.git('add', 'empty.txt', ':(literal)*')
    repository.git('add', '--intent-to-add', 'announced.txt')
    expect(await snapshot(treeOf(repository))).toEqual([
      ['*', 'file', digestOf(''), 0],
      ['empty.txt', 'file', digestOf(''), 0],
    ])
  })

  it('has a submodule at the commit that is staged, with its own attributes', async () => {
    using inner = temporaryRepository()
    using repository = temporaryRepository()
    inner.write({ '.gitattributes': '*.txt eol=crlf\n', 'a.txt': 'old\n' })
    inner.git('add', '.')
    inner.git('commit', '-qm', 'old')
    repository.git('submodule', '--quiet', 'add', inner.root, 'lib/inner')
    const checkedOut = join(repository.root, 'lib/inner')
    writeFileSync(join(checkedOut, 'a.txt'), 'new\n')
    repository.git('-C', checkedOut, 'commit', '-qam', 'new')
    const paths = ['lib/inner/.gitattributes', 'lib/inner/a.txt']
    expect((await snapshot(treeOf(repository), paths)).map(([, , digest]) => digest)).toEqual([
      digestOf('*.txt eol=crlf\n'),
      digestOf('old\r\n'),
    ])
    repository.git('add', 'lib/inner')
    expect((await snapshot(treeOf(repository), paths)).map(([, , digest]) => digest)).toEqual([
      digestOf('*.txt eol=crlf\n'),
      digestOf('new\r\n'),
    ])
    repository.git('update-index', '--cacheinfo', `160000,${'1'.repeat(40)},lib/inner`)
    expect(await treeOf(repository).list(signal)).toMatchObject({
      ok: false,
      error: [
        {
          id: 'inputs/submodule-missing',
          message: 'the index records commit 111111111111 for the submodule "lib/inner", which does not have it',
          help: 'run "git submodule update --init"',
        },
      ],
    })
  })

  it('with a merge conflict is refused, file by file', async () => {
    using repository = temporaryRepository()
    repository.write({ 'a.txt': 'base' })
    repository.git('add', '.')
    repository.git('commit', '-qm', 'base')
    repository.git('checkout', '-qb', 'other')
    repository.write({ 'a.txt': 'other' })
    repository.git('commit', '-qam', 'other')
    repository.git('checkout', '-q', 'main')
    repository.write({ 'a.txt': 'main' })
    repository.git('commit', '-qam', 'main')
    expect(() => repository.git('merge', '-q', 'other')).toThrow('Command failed')
    expect(await treeOf(repository).list(signal)).toMatchObject({
      ok: false,
      error: [{ id: 'inputs/merge-conflict', message: '"a.txt" has an unresolved merge conflict in the index' }],
    })
  })

  it('is asked for in vain outside of a repository', async () => {
    using plain = temporaryRepository({ git: false })
    expect(await treeOf(plain).list(signal)).toEqual({
      ok: false,
      error: [
        {
          id: 'inputs/no-repository',
          severity: 'error',
          message: 'the index was asked for, but the workspace is not in the work tree of a git repository',
          span: null,
          notes: [{ message: 'fatal: not a git repository (or any of the parent directories): .git', span: null }],
          help: 'plan the work tree instead, without --staged',
        },
      ],
    })
  })

  it('finds pointers of git-LFS and symlinks that leave the workspace', async () => {
    using repository = temporaryRepository()
    repository.write({ 'big.bin': 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n' })
    symlinkSync('../outside', join(repository.root, 'link'))
    repository.git('add', '.')
    const result = await treeOf(repository).resolve(['big.bin', 'link'].map(toWorkspacePath), signal)
    expect(result.ok ? [] : result.error.map(({ id, message }) => `${id}: ${message}`).toSorted()).toEqual([
      'inputs/lfs-pointer: "big.bin" is a git-LFS pointer, not its content',
      'inputs/link-leaves-workspace: the symlink "link" points to "../outside", outside the workspace',
    ])
  })

  it('without an object that it names is an error, not another content', async () => {
    using repository = temporaryRepository()
    repository.write({ 'a.txt': 'a', 'b.txt': 'b' })
    repository.git('add', '.')
    const oid = repository.git('hash-object', 'a.txt').trim()
    rmSync(join(repository.root, '.git/objects', oid.slice(0, 2), oid.slice(2)))
    const cache = memoryCache()
    const result = await treeOf(repository, { cache }).resolve(['a.txt', 'b.txt'].map(toWorkspacePath), signal)
    expect([result, cache.saves]).toMatchObject([{ ok: false, error: [{ id: 'inputs/git-failed' }] }, 0])
  })
})

describe('the cache of index digests', () => {
  it('spares git the reading while index, attributes and configuration are the same', async () => {
    using repository = temporaryRepository()
    const cache = memoryCache()
    const digestOfA = async () => (await snapshot(treeOf(repository, { cache }), ['a.txt'])).map(([, , digest]) => digest)
    repository.write({ 'a.txt': '1\n', 'b.txt': '1\n' })
    repository.git('add', '.')
    const savesAfter: number[] = []
    const digests: unknown[] = []
    const step = async () => {
      digests.push(...(await digestOfA()))
      savesAfter.push(cache.saves)
    }
    await step()
    await step()
    repository.write({ '.gitattributes': '*.txt eol=crlf\n' })
    await step()
    repository.git('add', '.gitattributes')
    await step()
    repository.git('update-index', '--chmod=+x', 'a.txt')
    await step()
    writeFileSync(join(repository.root, '.git/info/attributes'), '*.txt -text\n')
    await step()
    const [lf, crlf] = [digestOf('1\n'), digestOf('1\r\n')]
    expect([digests, savesAfter]).toEqual([
      [lf, lf, lf, crlf, crlf, lf],
      [1, 1, 1, 2, 3, 4],
    ])
  })

  it('leaves nothing in the scratch directory and nothing new in the repository', async () => {
    using repository = temporaryRepository()
    repository.write({ '.gitattributes': '*.txt eol=crlf\n', 'a.txt': '1\n' })
    repository.git('add', '.')
    const before = statSync(join(repository.root, '.git/index')).ctimeMs
    await snapshot(treeOf(repository))
    expect([readdirSync(repository.scratch), statSync(join(repository.root, '.git/index')).ctimeMs]).toEqual([[], before])
  })
})

describe('reading from the index', () => {
  it('gives contents together, or one file as a stream', async () => {
    using repository = temporaryRepository()
    repository.write({ '.gitattributes': '*.txt eol=crlf\n', 'a.txt': '1\n', 'b.txt': '' })
    repository.git('add', '.')
    const tree = treeOf(repository)
    const contents = await tree.contents(['a.txt', 'b.txt', 'missing'].map(toWorkspacePath), signal)
    expect(contents).toEqual({
      ok: true,
      value: new Map([
        ['a.txt', Buffer.from('1\r\n')],
        ['b.txt', Buffer.from('')],
      ]),
    })
    const pieces: Uint8Array[] = []
    for await (const piece of tree.open({ path: toWorkspacePath('a.txt'), mode: 'file', digest: digestOf(''), size: 0 })) pieces.push(piece)
    expect(Buffer.concat(pieces).toString()).toBe('1\r\n')
    const opened = tree.open({ path: WORKSPACE_ROOT, mode: 'file', digest: digestOf(''), size: 0 })[Symbol.asyncIterator]()
    await expect(opened.next()).rejects.toThrow('not in the index')
  })
})

interface Settings {
  readonly root?: string
  readonly variables?: Readonly<Record<string, string>>
  readonly directory?: string
  readonly cache?: CacheFile
}

function treeOf(repository: TemporaryRepository, settings: Settings = {}): IndexTree {
  const { root = repository.root, cache = memoryCache(), directory = repository.root } = settings
  const environment = { variables: { ...repository.variables, ...settings.variables }, directory }
  return gitIndexFiles({ root, environment, cache, scratchDirectory: repository.scratch })
}

async function snapshot(tree: IndexTree, paths?: readonly string[]) {
  const listed = await tree.list(signal)
  if (!listed.ok) throw new Error(JSON.stringify(listed.error))
  const result = await tree.resolve(paths?.map(toWorkspacePath) ?? listed.value, signal)
  if (!result.ok) throw new Error(JSON.stringify(result.error))
  return listed.value.flatMap((path) => {
    const entry = result.value.get(path)
    return entry === undefined ? [] : [[entry.path, entry.mode, entry.digest, entry.size] as const]
  })
}

function digestAndSize(path: string): readonly [string, number] {
  const content = readFileSync(path)
  return [digestOf(content), content.length]
}

function memoryCache(): CacheFile & { saves: number } {
  let bytes: Uint8Array | null = null
  const cache = {
    saves: 0,
    load: () => Promise.resolve(bytes),
    save: (fresh: Uint8Array) => {
      bytes = fresh
      cache.saves += 1
      return Promise.resolve()
    },
  }
  return cache
}
