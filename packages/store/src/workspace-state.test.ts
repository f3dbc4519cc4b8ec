import { existsSync, mkdirSync, realpathSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { buildTargetId, digestHex, digestOf } from '@orchestrate/core'
import { digestNumber, temporaryStore, valueOf } from '../test/temporary-store.ts'

const API = buildTargetId('api', 'build')
const WEB = buildTargetId('web', 'build')

describe('workspaceState', () => {
  it('lies under the digest of the real path, whatever link leads there', async () => {
    await using rig = await temporaryStore()
    mkdirSync(join(rig.directory, 'shop'))
    symlinkSync('shop', join(rig.directory, 'link'))
    const state = valueOf(await rig.store.workspaceState(join(rig.directory, 'link')))
    const key = digestHex(digestOf(realpathSync(join(rig.directory, 'shop')))).slice(0, 16)
    expect(state.directory).toBe(join(rig.store.root, 'workspaces', key))
    expect((statSync(state.directory).mode & 0o7777).toString(8)).toBe('700')
  })

  it('remembers the last success and whether the last run failed', async () => {
    await using rig = await temporaryStore()
    const { history } = valueOf(await rig.store.workspaceState(rig.directory))
    expect([history.lastGood(API), history.lastFailure(API)]).toEqual([null, null])
    history.recordGood(API, { fingerprint: digestNumber(1), durationMs: 12.4 })
    history.recordFailure(API, digestNumber(2))
    history.recordFailure(WEB, digestNumber(3))
    history.recordGood(WEB, { fingerprint: digestNumber(3), durationMs: 5 })
    valueOf(await history.save())
    const later = valueOf(await (await rig.open()).workspaceState(rig.directory)).history
    expect([later.lastGood(API), later.lastFailure(API)]).toEqual([{ fingerprint: digestNumber(1), durationMs: 12 }, digestNumber(2)])
    expect([later.lastGood(WEB), later.lastFailure(WEB)]).toEqual([{ fingerprint: digestNumber(3), durationMs: 5 }, null])
  })

  it('keeps what another run saved meanwhile', async () => {
    await using rig = await temporaryStore()
    const one = valueOf(await rig.store.workspaceState(rig.directory)).history
    const other = valueOf(await rig.store.workspaceState(rig.directory)).history
    one.recordGood(API, { fingerprint: digestNumber(1), durationMs: 1 })
    other.recordGood(WEB, { fingerprint: digestNumber(2), durationMs: 2 })
    valueOf(await one.save())
    valueOf(await other.save())
    const later = valueOf(await rig.store.workspaceState(rig.directory)).history
    expect([later.lastGood(API)?.durationMs, later.lastGood(WEB)?.durationMs]).toEqual([1, 2])
  })

  it('writes nothing when nothing was recorded', async () => {
    await using rig = await temporaryStore()
    const state = valueOf(await rig.store.workspaceState(rig.directory))
    valueOf(await state.history.save())
    expect(existsSync(join(state.directory, 'history.json'))).toBe(false)
  })

  it('writes nothing when what was recorded is known already', async () => {
    await using rig = await temporaryStore()
    const file = join(valueOf(await rig.store.workspaceState(rig.directory)).directory, 'history.json')
    const inodes: number[] = []
    for (const durationMs of [12, 12, 13]) {
      const { history } = valueOf(await rig.store.workspaceState(rig.directory))
      history.recordGood(API, { fingerprint: digestNumber(1), durationMs })
      valueOf(await history.save())
      inodes.push(statSync(file).ino)
    }
    expect([inodes[0] === inodes[1], inodes[1] === inodes[2]]).toEqual([true, false])
  })

  it.each(['', '{"version":2,"targets":[]}', '{"version":1,"targets":[{"target":1}]}', '[]'])(
    'takes an odd history for an empty one: %s',
    async (text) => {
      await using rig = await temporaryStore()
      const state = valueOf(await rig.store.workspaceState(rig.directory))
      writeFileSync(join(state.directory, 'history.json'), text)
      expect(valueOf(await rig.store.workspaceState(rig.directory)).history.lastGood(API)).toBeNull()
    },
  )
})

describe('logs', () => {
  it('lie side by side for each workspace, in a directory that exists', async () => {
    await using rig = await temporaryStore()
    const path = rig.store.logs.pathFor(rig.directory, API)
    expect(basename(path)).toBe('api~build.log')
    expect(existsSync(dirname(path))).toBe(true)
    expect(rig.store.logs.pathFor(rig.store.root, API)).not.toBe(path)
  })

  it('have names that fit into a directory, and stay different', async () => {
    await using rig = await temporaryStore()
    const names = ['a', 'b'].map((build) =>
      basename(rig.store.logs.pathFor(rig.directory, buildTargetId('s'.repeat(128), `${'x'.repeat(127)}${build}`))),
    )
    expect(names.map((name) => name.length)).toEqual([221, 221])
    expect(names[0]).not.toBe(names[1])
  })
})
