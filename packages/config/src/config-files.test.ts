import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { WorkspacePath } from '@orchestrate/core'
import { afterEach, expect, test } from 'vitest'
import { workTreeConfigFiles } from './config-files.ts'
import { findWorkspaceRoot } from './find-workspace-root.ts'
import { workTreeGitFacts } from './git-facts.ts'
import { runGit } from './run-git.ts'

const roots: string[] = []

afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true })
})

test('every builder.yaml counts that git does not ignore, tracked ones always', async () => {
  const root = tree({
    'builder.yaml': '',
    'a/builder.yaml': '',
    '.hidden/builder.yaml': '',
    'out/builder.yaml': '',
    'kept/builder.yaml': '',
    'node_modules/x/builder.yaml': '',
    '.gitignore': 'out\nkept\n',
  })
  git(root, 'init', '-q')
  git(root, 'add', '-f', 'kept/builder.yaml')
  expect(await workTreeConfigFiles(root).discover(null)).toEqual([
    '.hidden/builder.yaml',
    'a/builder.yaml',
    'builder.yaml',
    'kept/builder.yaml',
  ])
})

test('without a repository, or without git, nothing is ignored', async () => {
  const root = tree({ 'a/builder.yaml': '', '.gitignore': 'a\n' })
  const absent = workTreeConfigFiles(root, async () => ({ code: null, stdout: '' }))
  expect([await workTreeConfigFiles(root).discover(null), await absent.discover(null)]).toEqual([['a/builder.yaml'], ['a/builder.yaml']])
})

test('members narrow the search and are no other library’s patterns', async () => {
  const root = tree({ 'a/builder.yaml': '', 'b/builder.yaml': '', '{a,b}/builder.yaml': '', 'c/d/builder.yaml': '' })
  expect(await workTreeConfigFiles(root).discover(['{a,b}', '{a*', 'c/*', 'c/**'])).toEqual(['c/d/builder.yaml', '{a,b}/builder.yaml'])
})

test('patterns of directories match segment by segment, and no links', async () => {
  const root = tree({
    'services/api/builder.yaml': '',
    'services/app/deep/builder.yaml': '',
    'services/.hidden/builder.yaml': '',
    'services/node_modules/builder.yaml': '',
    'services/file': '',
    'other/api/builder.yaml': '',
  })
  symlinkSync('api', join(root, 'services/alias'))
  const files = workTreeConfigFiles(root)
  expect([
    await files.discover(['services/*']),
    await files.discover(['*/ap?']),
    await files.discover(['services/a*/deep']),
    await files.discover(['services/*/*', 'services/file/*', 'none/*']),
  ]).toEqual([
    ['services/.hidden/builder.yaml', 'services/api/builder.yaml'],
    ['other/api/builder.yaml', 'services/api/builder.yaml'],
    ['services/app/deep/builder.yaml'],
    ['services/app/deep/builder.yaml'],
  ])
})

test('what links lead to is not read', async () => {
  const root = tree({ 'real/builder.yaml': 'text', 'x/empty': '' })
  symlinkSync('../real/builder.yaml', join(root, 'x/builder.yaml'))
  symlinkSync('real', join(root, 'linked'))
  const files = workTreeConfigFiles(root)
  const read = async (path: string) => (await files.read(path as WorkspacePath)) === null
  expect([
    await files.discover(null),
    await read('real/builder.yaml'),
    await read('x/builder.yaml'),
    await read('linked/builder.yaml'),
    await read('none/builder.yaml'),
  ]).toEqual([['real/builder.yaml'], false, true, true, true])
})

test('the root is the nearest directory whose builder.yaml declares a workspace', async () => {
  const root = tree({
    'builder.yaml': 'version: 1\nworkspace: { name: outer }\n',
    'a/builder.yaml': 'version: 1\nservice: workspace\n',
    'a/src/x': '',
    'inner/builder.yaml': '{ version: 1, "workspace": { name: inner } }\n',
    'inner/x/y': '',
    'broken/builder.yaml': 'workspace: [\n',
  })
  const found = await Promise.all(['', 'a/src', 'inner/x', 'broken'].map((path) => findWorkspaceRoot(join(root, path))))
  expect(found).toEqual([root, root, join(root, 'inner'), join(root, 'broken')])
})

test('without a workspace there is no root', async () => {
  expect(await findWorkspaceRoot(tree({ 'builder.yaml': 'version: 1\nservice: a\n' }))).toBeNull()
})

test('the facts of the commit', async () => {
  const root = tree({ a: 'a' })
  git(root, 'init', '-q', '-b', 'main')
  git(root, 'add', '.')
  execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', 'commit', '-qm', 'a', '--date', '1700000000 +0000'], {
    cwd: root,
    env: { ...process.env, GIT_COMMITTER_DATE: '1700000000 +0000' },
  })
  const sha = (await runGit(['rev-parse', 'HEAD'], { cwd: root })).stdout.trim()
  const clean = await workTreeGitFacts(root).commit()
  git(root, 'tag', 'v1')
  writeFileSync(join(root, 'a'), 'b')
  const dirty = await workTreeGitFacts(root).commit()
  expect([clean, dirty]).toEqual([
    { sha, branch: 'main', tag: null, dirty: false, time: 1_700_000_000 },
    { sha, branch: 'main', tag: 'v1', dirty: true, time: 1_700_000_000 },
  ])
})

test('without a commit there are no facts', async () => {
  expect(await workTreeGitFacts(tree({ a: '' })).commit()).toBeNull()
})

function tree(files: Record<string, string>): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'orchestrate-config-')))
  roots.push(root)
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  return root
}

function git(cwd: string, ...args: string[]): void {
  execFileSync('git', args, { cwd, stdio: 'ignore' })
}
