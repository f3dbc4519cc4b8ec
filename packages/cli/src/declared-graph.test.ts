import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { workTreeConfigFiles } from '@orchestrate/config'
import { describe, expect, it } from 'vitest'
import { declaredGraph } from './declared-graph.ts'
import { graphCache } from './graph-cache.ts'

const ROOT = 'version: 1\nworkspace: { name: shop, members: ["*"] }\n'
const service = (name: string, more = ''): string =>
  `version: 1\nservice: ${name}\nimage: { from: scratch, files: [{ source: page.txt, to: /page.txt }]${more} }\n`

describe('the graph of a workspace', () => {
  it('is the one that was kept while every file is as it was, and has the texts of the files', async () => {
    using shop = newShop()
    const [made, kept] = [await shop.declare(), await shop.declare()]
    expect([made.parses, kept.parses]).toEqual([1, 0])
    expect(kept.declared).toEqual(made.declared)
    expect([...kept.declared.graph.targets.keys()]).toEqual(['api:image', 'web:image'])
    expect(kept.declared.graph.workspace.files.get('api/builder.yaml')).toBe(service('api'))
    expect(kept.declared.graph.workspace.root).toBe(shop.root)
    const [first] = kept.declared.graph.targets.values()
    expect(first?.kind === 'image' && first.owner).toBe(kept.declared.graph.workspace.services.get('api'))
  })

  it.each<readonly [string, (shop: Shop) => void, readonly string[]]>([
    ['a service was added', ({ write }) => write({ 'new/builder.yaml': service('new') }), ['api:image', 'new:image', 'web:image']],
    ['a service was renamed', ({ write }) => write({ 'api/builder.yaml': service('apa') }), ['apa:image', 'web:image']],
    ['a service is gone', ({ root }) => rmSync(join(root, 'api/builder.yaml')), ['web:image']],
    ['git ignores a service', ({ write }) => write({ '.gitignore': 'fresh\n' }), ['api:image', 'web:image']],
    ['the root names other members', ({ write }) => write({ 'builder.yaml': ROOT.replace('"*"', 'web') }), ['web:image']],
    ['a member became a workspace of its own', ({ write }) => write({ 'api/builder.yaml': ROOT }), ['web:image']],
    ['an edit kept size and times', ({ root }) => editUnseen(join(root, 'api/builder.yaml'), service('apa')), ['apa:image', 'web:image']],
  ])('is made anew when %s', async (what, change, targets) => {
    using shop = newShop(what === 'git ignores a service' ? { 'fresh/builder.yaml': service('fresh') } : {})
    await shop.declare()
    change(shop)
    const changed = await shop.declare()
    expect(changed.parses).toBe(1)
    expect([...changed.declared.graph.targets.keys()]).toEqual(targets)
    expect((await shop.declare()).parses).toBe(0)
  })

  it.each<readonly [string, (bytes: Uint8Array) => Uint8Array]>([
    ['torn', (bytes) => bytes.subarray(0, -1)],
    ['cut to its head', (bytes) => bytes.subarray(0, 8)],
    ['empty', () => new Uint8Array(0)],
    ['damaged', (bytes) => bytes.map((byte, at) => (at === bytes.length - 9 ? byte ^ 1 : byte))],
    ['of another format', (bytes) => bytes.map((byte, at) => (at === 0 ? byte ^ 1 : byte))],
  ])('is made anew when what was kept is %s', async (_, spoil) => {
    using shop = newShop()
    const made = await shop.declare()
    shop.spoil(spoil)
    const again = await shop.declare()
    expect(again).toEqual(made)
    expect((await shop.declare()).parses).toBe(0)
  })

  it('is made anew by another program', async () => {
    using shop = newShop()
    await shop.declare('one')
    expect((await shop.declare('other')).parses).toBe(1)
  })

  it('is not kept when it speaks of the commit', async () => {
    using shop = newShop({ 'api/builder.yaml': service('api', ', labels: { commit: "${{ git.sha }}" }') })
    for (const { parses, declared } of [await shop.declare(), await shop.declare()])
      expect([parses, declared.readsCommit]).toEqual([1, true])
  })

  it('is not kept, and not what was kept before, while something is wrong', async () => {
    using shop = newShop()
    await shop.declare()
    shop.write({ 'api/builder.yaml': service('api', ', colour: red') })
    for (const _ of [1, 2]) await expect(shop.declare()).rejects.toThrow('unknown key')
    shop.write({ 'api/builder.yaml': service('api') })
    expect((await shop.declare()).parses).toBe(0)
  })
})

interface Shop extends Disposable {
  readonly root: string
  readonly write: (files: Readonly<Record<string, string>>) => void
  /** Changes what was kept. */
  readonly spoil: (change: (bytes: Uint8Array) => Uint8Array) => void
  /** The graph, and how many times parsed files were asked for. Each call is a command of its own. */
  readonly declare: (build?: string) => Promise<{ readonly declared: Declared; readonly parses: number }>
}

type Declared = Extract<Awaited<ReturnType<typeof declaredGraph>>, { ok: true }>['value']

function newShop(files: Readonly<Record<string, string>> = {}): Shop {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'orchestrate-graph-')))
  const write = (texts: Readonly<Record<string, string>>): void => {
    for (const [path, text] of Object.entries(texts)) {
      mkdirSync(dirname(join(root, path)), { recursive: true })
      writeFileSync(join(root, path), text)
    }
  }
  write({ 'builder.yaml': ROOT, 'api/builder.yaml': service('api'), 'web/builder.yaml': service('web'), ...files })
  const git = (...args: readonly string[]) =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], { cwd: root })
  git('init', '-q')
  git('add', 'builder.yaml', 'api', 'web')
  git('commit', '-qm', 'all')
  let kept: Uint8Array | null = null
  const file = {
    load: async () => kept,
    save: async (bytes: Uint8Array) => {
      kept = bytes
    },
  }
  const declare = async (build = 'this build') => {
    let parses = 0
    const parseCache = {
      load: () => {
        parses += 1
        return null
      },
      save: () => undefined,
    }
    const session = { root, overrides: [], configFiles: workTreeConfigFiles(root), parseCache, graphCache: graphCache(file, build) }
    const declared = await declaredGraph(session, new AbortController().signal)
    if (!declared.ok) throw new Error(JSON.stringify(declared.error))
    return { declared: declared.value, parses }
  }
  const spoil = (change: (bytes: Uint8Array) => Uint8Array): void => {
    kept = change(kept ?? new Uint8Array(0))
  }
  return { root, write, spoil, declare, [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }) }
}

function editUnseen(path: string, text: string): void {
  const { atime, mtime, size } = statSync(path)
  expect(Buffer.byteLength(text)).toBe(size)
  writeFileSync(path, text)
  utimesSync(path, atime, mtime)
}
