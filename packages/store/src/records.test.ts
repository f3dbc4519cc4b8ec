import { chmodSync, mkdirSync, readFileSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { buildTargetId, digestHex, type Digest } from '@orchestrate/core'
import { digestNumber, temporaryStore, valueOf } from '../test/temporary-store.ts'
import type { BuildRecord } from './action-record.ts'
import type { Store } from './store.ts'

const FINGERPRINT = digestNumber(0xabc)

function build(fingerprint: Digest, durationMs = 5): BuildRecord {
  return {
    schema: 1,
    kind: 'build',
    fingerprint,
    target: buildTargetId('api', 'build'),
    durationMs,
    finishedAt: 7,
    artifacts: [],
    log: null,
    toolchainBytes: 0,
  }
}

function recordPath(store: Store, fingerprint: Digest): string {
  return join(store.root, 'records', digestHex(fingerprint).slice(0, 2), `${digestHex(fingerprint)}.json`)
}

it('finds a record by its fingerprint, also from another run', async () => {
  await using rig = await temporaryStore()
  expect(await rig.store.records.get(FINGERPRINT)).toBeNull()
  valueOf(await rig.store.records.put(build(FINGERPRINT)))
  expect(await (await rig.open()).records.get(FINGERPRINT)).toEqual(build(FINGERPRINT))
  expect((statSync(recordPath(rig.store, FINGERPRINT)).mode & 0o7777).toString(8)).toBe('444')
})

it('replaces a record as a whole, and forgets one', async () => {
  await using rig = await temporaryStore()
  valueOf(await rig.store.records.put(build(FINGERPRINT)))
  valueOf(await rig.store.records.put(build(FINGERPRINT, 6)))
  expect(await rig.store.records.get(FINGERPRINT)).toEqual(build(FINGERPRINT, 6))
  await rig.store.records.remove(FINGERPRINT)
  await rig.store.records.remove(FINGERPRINT)
  expect(await rig.store.records.get(FINGERPRINT)).toBeNull()
})

it('takes a record under the wrong name for a miss', async () => {
  await using rig = await temporaryStore()
  valueOf(await rig.store.records.put(build(FINGERPRINT)))
  const other = digestNumber(0xabd)
  writeFileSync(recordPath(rig.store, other), readFileSync(recordPath(rig.store, FINGERPRINT)))
  expect(await rig.store.records.get(other)).toBeNull()
})

it('takes a truncated record for a miss, wherever it ends', async () => {
  await using rig = await temporaryStore()
  valueOf(await rig.store.records.put(build(FINGERPRINT)))
  const path = recordPath(rig.store, FINGERPRINT)
  const whole = readFileSync(path)
  chmodSync(path, 0o600)
  for (let length = 0; length < whole.length; length += 1) {
    writeFileSync(path, whole.subarray(0, length))
    expect(await rig.store.records.get(FINGERPRINT)).toBeNull()
  }
})

it('takes a directory in its place for a miss', async () => {
  await using rig = await temporaryStore()
  valueOf(await rig.store.records.put(build(FINGERPRINT)))
  unlinkSync(recordPath(rig.store, FINGERPRINT))
  mkdirSync(recordPath(rig.store, FINGERPRINT))
  expect(await rig.store.records.get(FINGERPRINT)).toBeNull()
})
