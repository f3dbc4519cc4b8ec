import { lstatSync, rmSync, utimesSync, chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildTargetId, digestHex, digestOf, type Digest } from '@orchestrate/core'
import { describe, expect, it } from 'vitest'
import { digestNumber, temporaryStore, type TemporaryStore, valueOf } from '../test/temporary-store.ts'
import type { BuildRecord } from './action-record.ts'
import type { Store, StoreSeal } from './store.ts'

const FINGERPRINT = digestNumber(0xabc)
const PLAIN = digestOf('plain')
const PROGRAM = digestOf('program')

describe('a sealed store', () => {
  it('is known again by another run', async () => {
    await using rig = await filledStore()
    const seal = await sealed(rig.store)
    expect((await rig.open()).isAsSealed(seal)).toBe(true)
  })

  it.each<readonly [string, (store: Store) => void]>([
    ['a record is gone', (store) => rmSync(recordPath(store))],
    ['a blob is gone', (store) => rmSync(blobPath(store, PLAIN))],
    ['the executable twin of a blob is gone', (store) => rmSync(`${blobPath(store, PROGRAM)}.x`)],
    ['a blob was damaged, and its size, mode and mtime are as before', (store) => damage(blobPath(store, PLAIN), 'PLAIN')],
    ['a record was changed in place', (store) => damage(recordPath(store), '{')],
  ])('is another one when %s', async (_, change) => {
    await using rig = await filledStore()
    const seal = await sealed(rig.store)
    change(rig.store)
    expect(rig.store.isAsSealed(seal)).toBe(false)
  })

  it('is another one when a record was written anew, even with the same content', async () => {
    await using rig = await filledStore()
    const seal = await sealed(rig.store)
    valueOf(await rig.store.records.put(RECORD))
    expect(rig.store.isAsSealed(seal)).toBe(false)
  })
})

describe('a store is not sealed', () => {
  it('with a record that was not read through it, or that it does not have', async () => {
    await using rig = await filledStore()
    expect(rig.store.seal([FINGERPRINT], [])).toBeNull()
    expect(await rig.store.records.get(digestNumber(1))).toBeNull()
    expect(rig.store.seal([digestNumber(1)], [])).toBeNull()
  })

  it('with a blob that is missing, or that nobody has found intact', async () => {
    await using rig = await filledStore()
    expect(rig.store.seal([], [digestNumber(1)])).toBeNull()
    damage(blobPath(rig.store, PLAIN), 'PLAIN')
    expect(rig.store.seal([], [PLAIN])).toBeNull()
  })
})

const RECORD: BuildRecord = {
  schema: 1,
  kind: 'build',
  fingerprint: FINGERPRINT,
  target: buildTargetId('api', 'build'),
  durationMs: 5,
  finishedAt: 7,
  artifacts: [],
  log: null,
  toolchainBytes: 0,
}

async function filledStore(): Promise<TemporaryStore> {
  const rig = await temporaryStore()
  valueOf(await rig.store.blobs.put('plain'))
  valueOf(await rig.store.blobs.put('program', { executable: true }))
  valueOf(await rig.store.records.put(RECORD))
  return rig
}

async function sealed(store: Store): Promise<StoreSeal> {
  await store.records.get(FINGERPRINT)
  const seal = store.seal([FINGERPRINT], [PLAIN, PROGRAM, PLAIN])
  if (seal === null) throw new Error('the store was not sealed')
  expect(seal.kinds).toHaveLength(3)
  return seal
}

const hexPath = (digest: Digest): string => join(digestHex(digest).slice(0, 2), digestHex(digest))
const recordPath = (store: Store): string => join(store.root, 'records', `${hexPath(FINGERPRINT)}.json`)
const blobPath = (store: Store, digest: Digest): string => join(store.root, 'blobs/sha256', hexPath(digest))

function damage(path: string, content: string): void {
  const { mode, mtime } = lstatSync(path)
  chmodSync(path, 0o600)
  writeFileSync(path, content)
  chmodSync(path, mode)
  utimesSync(path, mtime, mtime)
}
