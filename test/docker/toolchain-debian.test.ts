import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ToolchainDeclaration } from '@orchestrate/config'
import { environmentError, err, linuxPlatform, systemClock } from '@orchestrate/core'
import type { ReadyToolchain } from '@orchestrate/execute'
import { openStore } from '@orchestrate/store'
import {
  createToolchains,
  type Lock,
  type LockEntry,
  openLockFile,
  readLock,
  systemProcesses,
  type Toolchains,
} from '@orchestrate/toolchain'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const platform = linuxPlatform(process.arch)
const declaration: ToolchainDeclaration = {
  name: 'tiny',
  span: { file: 'builder.yaml', offset: 0, length: 4 },
  source: { kind: 'debian', suite: 'trixie', packages: ['ca-certificates'], mirror: null, snapshot: null },
  env: new Map(),
  caches: new Map(),
}

let directory: string

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'toolchain-debian-'))
})

afterAll(() => rmSync(directory, { recursive: true, force: true }))

/** A machine of its own: an empty store and a workspace with the given lock. */
async function machine(
  name: string,
  lock: Lock = { entries: new Map() },
): Promise<{ readonly toolchains: Toolchains; readonly workspace: string }> {
  const workspace = join(directory, name, 'workspace')
  mkdirSync(workspace, { recursive: true })
  const store = await openStore({ root: join(directory, name, 'store'), clock: systemClock })
  if (!store.ok) throw new Error(store.error.message)
  const toolchains = createToolchains({
    store: store.value,
    engine: async () => err(environmentError({ id: 'engine/unreachable', message: 'none is needed' })),
    lock: openLockFile(workspace, lock, ['tiny']),
    unlocked: 'add',
    workspace,
    platform,
    processes: systemProcesses,
    env: new Map(Object.entries(process.env).flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const]))),
    superuser: process.getuid?.() === 0,
    clock: systemClock,
  })
  return { toolchains, workspace }
}

function readEntry(workspace: string): LockEntry {
  const text = readFileSync(join(workspace, 'builder.lock'), 'utf8')
  const locked = readLock({ text, declarations: [declaration], rootfsDigest: () => null, platform })
  const entry = locked.ok ? locked.value.lock.entries.get('tiny') : undefined
  if (entry === undefined) throw new Error(`no entry in ${text}`)
  return entry
}

const options = { layers: false, progress: () => undefined, signal: new AbortController().signal }

describe('a toolchain from Debian', () => {
  let ready: ReadyToolchain
  let entry: LockEntry
  let members: readonly string[]

  beforeAll(async () => {
    const { toolchains, workspace } = await machine('first')
    const result = await toolchains.ready(declaration, null, options)
    if (!result.ok) throw new Error([result.error.message, ...result.error.details].join('\n'))
    ready = result.value
    entry = readEntry(workspace)
    const file = ready.root.content.kind === 'layers' ? ready.root.content.layers[0]?.file : undefined
    members = execFileSync('tar', ['--list', '--verbose', '--utc', '--file', file ?? ''], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
      .trimEnd()
      .split('\n')
  })

  it('holds what it should and nothing of this machine', () => {
    const paths = members.map((line) => line.split(/\s+/)[5] ?? '')
    const wanted = ['workspace', 'out', 'root', 'tmp', 'proc', 'sys', 'run/orchestrate', 'var/log'].map((path) => `./${path}/`)
    expect(wanted.filter((path) => !paths.includes(path))).toEqual([])
    const unwanted = /^\.\/(?:dev\/.|etc\/(?:resolv\.conf|hostname|machine-id|apt)|var\/(?:cache|log)\/.|usr\/share\/(?:man|info)\/)|\.pyc$/
    expect(paths.filter((path) => unwanted.test(path))).toEqual([])
    expect(paths.filter((path) => path.startsWith('./usr/share/doc/') && !path.endsWith('/') && !path.endsWith('/copyright'))).toEqual([])
    expect(paths).toContain('./usr/share/doc/ca-certificates/copyright')
  })

  it('has one time, numeric owners and no devices', () => {
    expect(members.filter((line) => !line.includes(' 1980-01-02 00:00 '))).toEqual([])
    expect(members.filter((line) => !/^[-dlh]/.test(line))).toEqual([])
    expect(members.filter((line) => !/^\S+ [0-9]+\/[0-9]+ /.test(line))).toEqual([])
  })

  it('locks every package, and knows its certificates', () => {
    expect(entry.identity).toBe(ready.identity)
    const versions = entry.source.kind === 'debian' ? entry.source.versions : new Map<string, string>()
    expect(['bash', 'ca-certificates', 'libc6', 'openssl'].filter((name) => !versions.has(name))).toEqual([])
    expect(versions.has('apt')).toBe(false)
    expect(ready.certificates?.size).toBeGreaterThan(100_000)
  })

  it('comes out the same, byte for byte, on another machine, from its lock', async () => {
    const { toolchains } = await machine('second', { entries: new Map([['tiny', entry]]) })
    const again = await toolchains.ready(declaration, entry.identity, options)
    expect(again.ok ? again.value.identity : again.error).toBe(entry.identity)
  })

  it('that wants a version which the mirror no longer has says which, and what to do', async () => {
    if (entry.source.kind !== 'debian') throw new Error('not from Debian')
    const available = entry.source.versions.get('ca-certificates')
    const source = { ...entry.source, versions: new Map([...entry.source.versions, ['ca-certificates', '19990101']]) }
    const { toolchains } = await machine('third', { entries: new Map([['tiny', { ...entry, source }]]) })
    expect(await toolchains.ready(declaration, entry.identity, options)).toEqual({
      ok: false,
      error: {
        kind: 'environment',
        id: 'toolchain/package-version-gone',
        message: 'the mirror no longer has a package version that builder.lock holds for toolchain "tiny"',
        details: [`ca-certificates: wanted 19990101, available ${available}`],
        help: 'run `orchestrate lock --update tiny`, or pin the mirror by date with `debian.snapshot`',
      },
    })
  })
})

describe('a bootstrap that is stopped', () => {
  it('leaves no process and no mount', async () => {
    const controller = new AbortController()
    const { toolchains } = await machine('stopped')
    const result = await toolchains.ready(declaration, null, {
      ...options,
      progress: (message) => message.endsWith('installing essential packages') && controller.abort(),
      signal: controller.signal,
    })
    expect(result).toMatchObject({ ok: false, error: { id: 'toolchain/cancelled' } })
    const scratch = join(directory, 'stopped')
    expect(
      readFileSync('/proc/self/mounts', 'utf8')
        .split('\n')
        .filter((line) => line.includes(scratch)),
    ).toEqual([])
    const environments = execFileSync('sh', ['-c', 'cat /proc/[0-9]*/environ 2> /dev/null || true'], {
      encoding: 'latin1',
      maxBuffer: 256 * 1024 * 1024,
    })
    expect(environments.includes(`TMPDIR=${scratch}`)).toBe(false)
  })

  it('tells a mirror that does not answer', async () => {
    const { toolchains } = await machine('unreachable')
    const source = { ...declaration.source, mirror: 'http://127.0.0.1:9/debian' } as ToolchainDeclaration['source']
    expect(await toolchains.ready({ ...declaration, source }, null, options)).toMatchObject({
      ok: false,
      error: { id: 'toolchain/mirror-unreachable', message: 'the package mirror of toolchain "tiny" cannot be reached' },
    })
  })
})
