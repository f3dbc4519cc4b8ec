import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { digestHex, type Digest, digestOf } from '@orchestrate/core'
import { planToJson } from '@orchestrate/plan'
import { describe, expect, it } from 'vitest'
import type { Invocation } from './invocation.ts'
import { recallPlan, rememberPlan } from './plan-memory.ts'
import { type PlannedWorkspace, planWorkspace } from './plan-workspace.ts'
import { openSession, type Session } from './session.ts'

const ROOT = 'version: 1\nworkspace: { name: shop, members: ["*"] }\n'
const service = (name: string, more = ''): string =>
  `version: 1\nservice: ${name}\nimage: { from: scratch, files: [{ source: page.txt, to: /page.txt }]${more} }\n`

describe('a plan in which nothing acts', () => {
  it('is recalled while nothing has changed', async () => {
    using shop = await settledShop()
    expect(await recalled(shop)).toEqual(await planned(shop))
  })

  it('is recalled as a whole', async () => {
    using shop = await settledShop()
    await inSession(shop, async (session) => {
      const made = await makePlan(session)
      expect((await recallPlan(session, SIGNAL, { build: BUILD }))?.whole()).toEqual(made)
      expect(made.plan.inventory.tree).toBe(session.tree)
    })
  })

  it('is recalled without its files where they are too many to be read every time', async () => {
    using shop = await settledShop()
    await inSession(shop, async (session) => rememberPlan(session, await makePlan(session), SIGNAL, { build: BUILD, mostInputs: 1 }))
    const recalledPlan = await inSession(shop, (session) => recallPlan(session, SIGNAL, { build: BUILD }))
    expect([recalledPlan?.outline().targets.size, recalledPlan?.whole()]).toEqual([2, null])
  })

  it('is recalled with new estimates', async () => {
    using shop = await settledShop()
    const seconds = await inSession(shop, async (session) => {
      const made = await makePlan(session)
      for (const { id, fingerprint } of made.plan.targets.values())
        if (fingerprint !== null) session.state.history.recordGood(id, { fingerprint, durationMs: 2500 })
      await session.state.history.save()
      return (await recall(session))?.targets.map(({ estimatedSeconds }) => estimatedSeconds)
    })
    expect(seconds).toEqual([2.5, 2.5])
  })

  it.each<readonly [string, (shop: Shop) => void]>([
    ['a source was edited', ({ write }) => write({ 'api/page.txt': 'other' })],
    ['a builder.yaml was edited', ({ write }) => write({ 'api/builder.yaml': service('api', ', user: "1"') })],
    ['there is another service', ({ write }) => write({ 'new/builder.yaml': service('new'), 'new/page.txt': '' })],
    ['a service is gone', ({ root }) => rmSync(join(root, 'api/builder.yaml'))],
    ['there is a builder.lock', ({ write }) => write({ 'builder.lock': '{}' })],
    ['the builder.lock cannot be read', ({ root }) => mkdirSync(join(root, 'builder.lock'))],
    ['a record is gone', ({ store }) => rmSync(recordsIn(store)[0] ?? '')],
    ['a blob is damaged', ({ store }) => damage(blobIn(store, 'config of api:image'))],
    ['it is damaged', (shop) => writeFileSync(memoryOf(shop), readFileSync(memoryOf(shop)).fill(0, 200))],
    ['it is torn', (shop) => writeFileSync(memoryOf(shop), readFileSync(memoryOf(shop)).subarray(0, 50))],
    ['it is gone', (shop) => rmSync(memoryOf(shop))],
  ])('is made anew when %s', async (_, change) => {
    using shop = await settledShop()
    change(shop)
    expect(await recalled(shop)).toBeNull()
  })

  it('is made anew by another build of orchestrate, and after the machine was booted', async () => {
    using shop = await settledShop()
    expect(await recalled(shop, 'another build')).toBeNull()
    expect(await inSession(shop, async (session) => recall({ ...session, bootId: 'another boot' }))).toBeNull()
    expect(await recalled(shop)).not.toBeNull()
  })
})

describe('a plan is not remembered', () => {
  it('by a program that does not know which it is', async () => {
    using shop = await settledShop(null)
    expect(hasMemory(shop)).toBe(false)
    expect(await recalled(shop, null)).toBeNull()
  })

  it('while something acts', async () => {
    using shop = newShop()
    await inSession(shop, async (session) => rememberPlan(session, await makePlan(session), SIGNAL, { build: BUILD }))
    expect(hasMemory(shop)).toBe(false)
  })

  it('when it speaks of the commit', async () => {
    using shop = newShop({ 'api/builder.yaml': service('api', ', labels: { commit: "${{ git.sha }}" }') })
    await settle(shop, BUILD)
    expect(hasMemory(shop)).toBe(false)
  })

  it('of the index', async () => {
    using shop = await settledShop()
    expect(await inSession(shop, recall, true)).toBeNull()
  })
})

const BUILD = 'this build'
const { signal: SIGNAL } = new AbortController()

interface Shop extends Disposable {
  readonly root: string
  readonly store: string
  readonly env: Readonly<Record<string, string>>
  readonly write: (files: Readonly<Record<string, string>>) => void
}

function newShop(files: Readonly<Record<string, string>> = {}): Shop {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'orchestrate-memory-')))
  const root = join(base, 'shop')
  const env = { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: base, ORCHESTRATE_STORE: join(base, 'store') }
  const write = (texts: Readonly<Record<string, string>>): void => {
    for (const [path, text] of Object.entries(texts)) {
      mkdirSync(dirname(join(root, path)), { recursive: true })
      writeFileSync(join(root, path), text)
    }
  }
  write({
    'builder.yaml': ROOT,
    'api/builder.yaml': service('api'),
    'api/page.txt': 'api',
    'web/builder.yaml': service('web'),
    'web/page.txt': 'web',
  })
  write(files)
  const git = (...args: readonly string[]) =>
    execFileSync('git', ['-c', 'user.name=test', '-c', 'user.email=test@example.com', ...args], { cwd: root, env })
  git('init', '-q')
  git('add', '.')
  git('commit', '-qm', 'all')
  return { root, store: env.ORCHESTRATE_STORE, env, write, [Symbol.dispose]: () => rmSync(base, { recursive: true, force: true }) }
}

/** A shop whose images are in the store, and whose plan was made and remembered by `build`. */
async function settledShop(build: string | null = BUILD): Promise<Shop> {
  const shop = newShop()
  await settle(shop, build)
  return shop
}

async function settle(shop: Shop, build: string | null): Promise<void> {
  await inSession(shop, async (session) => {
    for (const { id, fingerprint } of (await makePlan(session)).plan.targets.values()) await putImage(session, id, fingerprint)
  })
  await inSession(shop, async (session) => {
    const made = await makePlan(session)
    expect(made.plan.summary.current).toBe(2)
    await rememberPlan(session, made, SIGNAL, { build })
  })
}

/** Stores an outcome as an emitted image leaves it. */
async function putImage(
  { store }: Session,
  target: Parameters<Session['state']['history']['lastGood']>[0],
  fingerprint: Digest | null,
): Promise<void> {
  if (fingerprint === null) throw new Error(`${target} has no fingerprint`)
  const put = async (content: string): Promise<Digest> => {
    const stored = await store.blobs.put(content)
    if (!stored.ok) throw new Error(stored.error.message)
    return stored.value.digest
  }
  const [manifest, config, layer] = [await put(`manifest of ${target}`), await put(`config of ${target}`), await put(`layer of ${target}`)]
  await store.records.put({
    schema: 1,
    kind: 'image',
    fingerprint,
    target,
    durationMs: 1,
    finishedAt: 1,
    manifest,
    config,
    layers: [{ digest: layer, size: 1, diffId: layer, uncompressedSize: 1, source: { kind: 'entries', blob: layer } }],
    bytes: 3,
    toolchainBytes: null,
  })
}

async function inSession<T>(shop: Shop, work: (session: Session) => Promise<T>, staged = false): Promise<T> {
  const output = { write: () => undefined, isTerminal: false }
  const host = {
    cwd: shop.root,
    env: shop.env,
    home: null,
    stdout: output,
    stderr: output,
    pid: process.pid,
    arch: 'x64',
    uid: 0,
    gid: 0,
    cores: 1,
  }
  const invocation: Invocation = { host, directory: shop.root, colorOf: () => false }
  // So much later that every file has long been changed.
  const clock = { now: () => Date.now() + 3_600_000, monotonic: () => performance.now() }
  const opened = await openSession(invocation, { staged, clock })
  if (!opened.ok) throw new Error(JSON.stringify(opened.error))
  await using session = opened.value
  return await work(session)
}

async function makePlan(session: Session): Promise<PlannedWorkspace> {
  const made = await planWorkspace(session, { services: [], force: false, locked: false, signal: SIGNAL })
  if (!made.ok) throw new Error(JSON.stringify(made.error))
  return made.value
}

async function recall(session: Session, build: string | null = BUILD) {
  const plan = await recallPlan(session, SIGNAL, { build })
  return plan === null ? null : planToJson(plan.outline())
}

const recalled = (shop: Shop, build: string | null = BUILD) => inSession(shop, async (session) => recall(session, build))
const planned = (shop: Shop) => inSession(shop, async (session) => planToJson((await makePlan(session)).plan))

const stateOf = ({ store }: Shop): string => join(store, 'workspaces', readdirSync(join(store, 'workspaces'))[0] ?? '')
const memoryOf = (shop: Shop): string => join(stateOf(shop), 'settled-plan')
const hasMemory = (shop: Shop): boolean => readdirSync(stateOf(shop)).includes('settled-plan')

const recordsIn = (store: string): readonly string[] =>
  readdirSync(join(store, 'records'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.json'))
    .map((name) => join(store, 'records', name))

function blobIn(store: string, content: string): string {
  const hex = digestHex(digestOf(content))
  return join(store, 'blobs/sha256', hex.slice(0, 2), hex)
}

function damage(path: string): void {
  chmodSync(path, 0o600)
  writeFileSync(path, 'damaged')
  chmodSync(path, 0o444)
}
