import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ToolchainDeclaration } from '@orchestrate/config'
import { type Digest, digestOf, environmentError, err, ok, parseWorkspacePath } from '@orchestrate/core'
import type { EngineImage } from '@orchestrate/execute'
import { openStore, type Store } from '@orchestrate/store'
import { scriptedEngine } from '@orchestrate/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createToolchains, type ToolchainDeps, type Toolchains } from './create-toolchains.ts'
import { toolchainIdentity } from './identity.ts'
import { encodeLock } from './lock/encode-lock.ts'
import { type LockFile, openLockFile } from './lock/lock-file.ts'
import { debianSource, sampleDeclaration, sampleEntry, samplePlatform } from './sample-toolchains.ts'
import { sampleTar } from './sample-tar.ts'
import { scriptedProcesses } from './scripted-processes.ts'

let workspace: string
let store: Store
let lock: LockFile
const clock = { now: () => Date.now(), monotonic: () => 0 }
const options = { layers: false, progress: () => undefined, signal: new AbortController().signal }

beforeEach(async () => {
  const directory = mkdtempSync(join(tmpdir(), 'toolchains-'))
  workspace = join(directory, 'workspace')
  mkdirSync(workspace)
  const opened = await openStore({ root: join(directory, 'store'), clock })
  if (!opened.ok) throw new Error(opened.error.message)
  store = opened.value
  lock = openLockFile(workspace, { entries: new Map() }, ['c', 'go', 'busybox'])
})

afterEach(() => rmSync(join(workspace, '..'), { recursive: true, force: true }))

const CERTIFICATES = 'a bundle'
const tar = sampleTar({ 'etc/ssl/certs/ca-certificates.crt': CERTIFICATES })

function bootstrapping() {
  return scriptedProcesses(() => ({ stdout: tar, lines: ['orchestrate package make 4.4'] }))
}

function toolchains(fields: Partial<ToolchainDeps> = {}): Toolchains {
  return createToolchains({
    store,
    engine: async () => err(environmentError({ id: 'engine/unreachable', message: 'no engine here' })),
    lock,
    unlocked: 'add',
    workspace,
    platform: samplePlatform,
    processes: bootstrapping(),
    env: new Map(),
    superuser: true,
    clock,
    ...fields,
  })
}

async function identityOf(declaration: ToolchainDeclaration, fields: Partial<ToolchainDeps> = {}): Promise<Digest> {
  const ready = await toolchains(fields).ready(declaration, null, options)
  if (!ready.ok) throw new Error(ready.error.message)
  return ready.value.identity
}

const c = sampleDeclaration('c', debianSource(['make']))

describe('a debian toolchain', () => {
  it('is bootstrapped, locked and recorded with its certificates', async () => {
    const ready = await toolchains().ready(c, null, options)
    const entry = lock.entry('c')
    if (!ready.ok || entry === null) throw new Error('not ready')
    expect(entry.source).toEqual({ ...debianSource(['make']), versions: new Map([['make', '4.4']]) })
    const file = await store.blobs.file(digestOf(tar), false)
    expect(ready.value).toEqual({
      identity: entry.identity,
      root: {
        identity: entry.identity,
        platform: samplePlatform,
        env: entry.root.env,
        user: null,
        workdir: null,
        size: tar.length,
        content: { kind: 'layers', layers: [{ diffId: digestOf(tar), size: tar.length, file: file.ok ? file.value : '' }] },
      },
      certificates: { digest: digestOf(CERTIFICATES), size: CERTIFICATES.length },
    })
    expect(readFileSync(join(workspace, 'builder.lock'), 'utf8')).toBe(encodeLock({ entries: new Map([['c', entry]]) }))
  })

  it('comes from the store the next time, and from a recent run without a lock', async () => {
    const identity = await identityOf(c)
    const processes = scriptedProcesses(() => ({}))
    expect(await toolchains({ processes }).ready(c, identity, options)).toMatchObject({ ok: true, value: { identity } })
    lock = openLockFile(workspace, { entries: new Map() }, ['c'])
    expect(await identityOf(c, { processes, lock })).toBe(identity)
    expect(lock.entry('c')?.identity).toBe(identity)
    expect(processes.requests).toEqual([])
  })

  it('is asked of the mirror again a day later, and whenever it is resolved', async () => {
    await identityOf(c)
    const resolving = bootstrapping()
    expect(await toolchains({ processes: resolving }).resolve(c, options)).toMatchObject({ ok: true })
    const later = { now: () => Date.now() + 25 * 3600_000, monotonic: () => 0 }
    const processes = bootstrapping()
    await identityOf(c, { processes, clock: later, lock: openLockFile(workspace, { entries: new Map() }, ['c']) })
    expect([resolving.requests.length, processes.requests.length]).toEqual([1, 1])
  })

  it('is made once when it is wanted twice at the same time', async () => {
    const processes = bootstrapping()
    const both = toolchains({ processes })
    const [first, second] = await Promise.all([both.ready(c, null, options), both.ready(c, null, options)])
    expect(first).toEqual(second)
    expect(processes.requests.map(({ env }) => env.get('ORCHESTRATE_STAGE'))).toEqual(['base', 'packages'])
  })

  it('that comes out with other bytes than the locked ones is an integrity error', async () => {
    const locked = sampleEntry({ ...debianSource(['make']), versions: new Map([['make', '4.4']]) })
    lock = openLockFile(workspace, { entries: new Map([['c', locked]]) }, ['c'])
    const ready = await toolchains({ lock }).ready(c, locked.identity, options)
    expect(ready).toMatchObject({
      ok: false,
      error: {
        kind: 'integrity',
        id: 'toolchain/identity-differs',
        message: 'toolchain "c", bootstrapped from the locked package versions, is not the one that builder.lock holds',
        help: 'run `orchestrate lock --update c` to accept it',
      },
    })
    expect(ready.ok ? [] : ready.error.details[1]).toBe(`layers: locked ${digestOf('layer')}, found ${digestOf(tar)}`)
  })

  it('is made again when its layer was damaged in the store', async () => {
    const identity = await identityOf(c)
    const file = await store.blobs.file(digestOf(tar), false)
    if (!file.ok) throw new Error(file.error.message)
    rmSync(file.value)
    const processes = bootstrapping()
    expect(await toolchains({ processes }).ready(c, identity, options)).toMatchObject({ ok: true, value: { identity } })
    expect(processes.requests).not.toEqual([])
  })

  it('without an entry is refused when the lock must not change', async () => {
    const processes = bootstrapping()
    expect(await toolchains({ unlocked: 'refuse', processes }).ready(c, null, options)).toEqual({
      ok: false,
      error: {
        kind: 'integrity',
        id: 'lock/missing-entry',
        message: 'builder.lock has no entry for toolchain "c"',
        details: [],
        help: 'run `orchestrate lock` and commit builder.lock, or leave out --locked',
      },
    })
    expect(processes.requests).toEqual([])
  })
})

describe('a rootfs toolchain', () => {
  it('is another one than the locked when its archive has changed', async () => {
    const path = parseWorkspacePath('root.tar')
    if (path === null) throw new Error('not a path')
    const declaration = sampleDeclaration('busybox', { kind: 'rootfs', path })
    writeFileSync(join(workspace, path), tar)
    const identity = await identityOf(declaration)
    const record = await store.records.get(identity)
    await store.records.remove(record?.fingerprint ?? identity)
    writeFileSync(join(workspace, path), sampleTar({ 'bin/sh': 'other' }))
    expect(await toolchains().ready(declaration, identity, options)).toMatchObject({
      ok: false,
      error: { id: 'toolchain/identity-differs', message: 'the archive of toolchain "busybox" is not the one that builder.lock holds' },
    })
  })
})

describe('an image toolchain', () => {
  const go = sampleDeclaration('go', { kind: 'image', reference: 'golang:1.24' })
  const image: EngineImage = {
    reference: 'golang:1.24',
    id: 'sha256:1',
    diffIds: [digestOf(tar)],
    platform: samplePlatform,
    env: new Map([['PATH', '/usr/local/go/bin:/usr/bin']]),
    user: 'builder',
    workdir: '/go',
    size: 1000,
  }
  const { diffIds, platform, env, user, workdir } = image
  const identity = toolchainIdentity({ diffIds, platform, env, user, workdir })
  const withLayers = (): ToolchainDeps['engine'] => {
    const engine = scriptedEngine({ images: [image] })
    engine.exportLayers = async function* () {
      yield {
        diffId: digestOf(tar),
        content: (async function* () {
          yield tar
        })(),
      }
    }
    return async () => ok(engine)
  }

  it('stays in the engine while only builders use it', async () => {
    const ready = await toolchains({ engine: async () => ok(scriptedEngine({ images: [image] })) }).ready(go, null, options)
    expect(ready).toEqual({
      ok: true,
      value: {
        identity,
        root: {
          identity,
          platform,
          env,
          user,
          workdir,
          size: 1000,
          content: { kind: 'engine-image', id: 'sha256:1', reference: 'golang:1.24', diffIds },
        },
        certificates: null,
      },
    })
  })

  it('has its layers in the store when an image is based on it, and again without the engine', async () => {
    await toolchains({ engine: withLayers() }).ready(go, null, options)
    const ready = await toolchains({ engine: withLayers() }).ready(go, identity, { ...options, layers: true })
    expect(ready).toMatchObject({
      ok: true,
      value: { root: { content: { kind: 'layers' } }, certificates: { digest: digestOf(CERTIFICATES) } },
    })
    expect(await toolchains().ready(go, identity, { ...options, layers: true })).toEqual(ready)
  })

  it('that the engine does not have is an error that says how to get it', async () => {
    const engine = scriptedEngine({})
    expect(await toolchains({ engine: async () => ok(engine) }).ready(go, null, options)).toEqual({
      ok: false,
      error: {
        kind: 'environment',
        id: 'toolchain/image-not-found',
        message: `the engine "${engine.name}" has no image "golang:1.24" (toolchain "go")`,
        details: [],
        help: 'orchestrate does not pull images yet: run `pull golang:1.24` first',
      },
    })
  })

  it('whose layers break off is an error', async () => {
    const engine = async () => ok(scriptedEngine({ images: [image] }))
    expect(await toolchains({ engine }).ready(go, null, { ...options, layers: true })).toMatchObject({
      ok: false,
      error: { id: 'toolchain/image-incomplete', details: ['the scripted engine has no layers of "golang:1.24"'] },
    })
  })

  it('that is another one by now is an error that names what differs', async () => {
    const engine = async () => ok(scriptedEngine({ images: [image] }))
    await toolchains({ engine }).ready(go, null, options)
    const newer = async () => ok(scriptedEngine({ images: [{ ...image, user: null }] }))
    expect(await toolchains({ engine: newer }).ready(go, identity, options)).toMatchObject({
      ok: false,
      error: {
        kind: 'integrity',
        message: 'the image "golang:1.24" of toolchain "go" is not the one that builder.lock holds',
        details: [expect.stringContaining(`locked identity ${identity}`), 'user: locked builder, found none'],
        help: 'run `orchestrate lock --update go` to accept it, or let the engine have the locked image again',
      },
    })
  })
})
