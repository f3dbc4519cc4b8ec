import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { systemClock } from '@orchestrate/core'
import { temporaryStore, valueOf } from '../test/temporary-store.ts'
import { openStore } from './open-store.ts'

/** A directory of the test's own, removed on dispose. */
function temporaryDirectory(): { readonly path: string } & Disposable {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'store-open-')))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) }
}

/** What opening a store at `root` says: the kind, id, message and help of the error. */
async function refusal(root: string): Promise<readonly (string | null)[]> {
  const opened = await openStore({ root, clock: systemClock })
  return opened.ok ? ['opened'] : [opened.error.kind, opened.error.id, opened.error.message, opened.error.help]
}

describe('openStore', () => {
  it('makes the store for its user only, whatever the umask', async () => {
    using directory = temporaryDirectory()
    const before = process.umask(0)
    try {
      const store = valueOf(await openStore({ root: join(directory.path, 'cache/orchestrate'), clock: systemClock }))
      expect(store.root).toBe(join(directory.path, 'cache/orchestrate'))
      expect((statSync(store.root).mode & 0o7777).toString(8)).toBe('700')
      expect(readdirSync(store.root)).toEqual(['blobs', 'layout.json', 'logs', 'quarantine', 'records', 'tmp', 'views', 'workspaces'])
    } finally {
      process.umask(before)
    }
  })

  it('follows a link to where the user put it', async () => {
    using directory = temporaryDirectory()
    mkdirSync(join(directory.path, 'disk'), { mode: 0o700 })
    symlinkSync('disk', join(directory.path, 'link'))
    expect(valueOf(await openStore({ root: join(directory.path, 'link'), clock: systemClock })).root).toBe(join(directory.path, 'disk'))
  })

  it('writes nothing when it opens a complete store', async () => {
    await using rig = await temporaryStore()
    const before = statSync(rig.store.root).ctimeMs
    await rig.open()
    expect(statSync(rig.store.root).ctimeMs).toBe(before)
    expect(readdirSync(join(rig.store.root, 'tmp'))).toEqual([])
  })

  it('takes up a store whose making was interrupted', async () => {
    using directory = temporaryDirectory()
    mkdirSync(join(directory.path, 'store/blobs'), { recursive: true, mode: 0o700 })
    expect(await refusal(join(directory.path, 'store'))).toEqual(['opened'])
  })

  it('refuses a store of another user', async () => {
    using directory = temporaryDirectory()
    const root = join(directory.path, 'store')
    mkdirSync(root, { mode: 0o700 })
    chownSync(root, 12_345, 12_345)
    expect(await refusal(root)).toEqual([
      'environment',
      'store/foreign-owner',
      `the store at "${root}" belongs to user 12345, not to user 0 who runs this`,
      `run "chown -R 0 ${root}", or set ORCHESTRATE_STORE to a directory of your own`,
    ])
    expect(readdirSync(root)).toEqual([])
  })

  it('refuses a store that others may enter', async () => {
    using directory = temporaryDirectory()
    const root = join(directory.path, 'store')
    mkdirSync(root)
    chmodSync(root, 0o750)
    expect(await refusal(root)).toEqual([
      'environment',
      'store/mode-too-wide',
      `the store at "${root}" has mode 0750, which lets other users in; it must be 0700`,
      `run "chmod 700 ${root}", or set ORCHESTRATE_STORE to a directory of your own`,
    ])
  })

  it('refuses a store of a newer layout and does not touch it', async () => {
    await using rig = await temporaryStore()
    const { root } = rig.store
    writeFileSync(join(root, 'layout.json'), '{"version":2}')
    rmSync(join(root, 'views'), { recursive: true })
    const before = statSync(root).ctimeMs
    expect(await refusal(root)).toEqual([
      'integrity',
      'store/newer-layout',
      `the store at "${root}" has layout 2; this version of orchestrate knows layouts up to 1`,
      'use the newer orchestrate that made it, or set ORCHESTRATE_STORE to another directory',
    ])
    expect(statSync(root).ctimeMs).toBe(before)
  })

  it('refuses a directory with other things in it', async () => {
    using directory = temporaryDirectory()
    writeFileSync(join(directory.path, '.bashrc'), '')
    expect(await refusal(directory.path)).toEqual([
      'environment',
      'store/not-a-store',
      `"${directory.path}" is not a store: it holds ".bashrc"`,
      'set ORCHESTRATE_STORE to an empty or new directory',
    ])
  })

  it('refuses a file', async () => {
    using directory = temporaryDirectory()
    writeFileSync(join(directory.path, 'file'), '', { mode: 0o600 })
    expect((await refusal(join(directory.path, 'file'))).slice(0, 3)).toEqual([
      'environment',
      'store/not-a-store',
      `"${join(directory.path, 'file')}" is not a directory`,
    ])
  })
})

describe('leftovers in tmp/', () => {
  it('of ended runs are swept, those of living ones stay', async () => {
    await using rig = await temporaryStore({ bootId: 'boot A' })
    const temporary = join(rig.store.root, 'tmp')
    const living = valueOf(await rig.store.scratch())
    // The highest pid that Linux allows is one below this.
    const dead = valueOf(await (await rig.open({ pid: 4_194_304 })).scratch())
    expect(existsSync(dead.path)).toBe(true)
    await rig.open()
    expect(existsSync(dead.path)).toBe(false)
    expect(existsSync(living.path)).toBe(true)
    await rig.open({ bootId: 'boot B' })
    expect(existsSync(living.path)).toBe(false)
    expect(readdirSync(temporary)).toEqual([])
  })

  it('that carry no label of ours stay', async () => {
    await using rig = await temporaryStore()
    mkdirSync(join(rig.store.root, 'tmp/somebody'))
    await rig.open()
    expect(lstatSync(join(rig.store.root, 'tmp/somebody')).isDirectory()).toBe(true)
  })

  it('go when the store is closed', async () => {
    await using rig = await temporaryStore()
    valueOf(await rig.store.scratch())
    await rig.store.close()
    expect(readdirSync(join(rig.store.root, 'tmp'))).toEqual([])
  })
})
