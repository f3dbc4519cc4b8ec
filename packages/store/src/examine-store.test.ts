import { chmodSync, existsSync, lstatSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { digestHex, digestOf, type TargetId } from '@orchestrate/core'
import { describe, expect, it } from 'vitest'
import { temporaryStore, valueOf } from '../test/temporary-store.ts'
import type { BuildRecord } from './action-record.ts'

const NEVER = new AbortController().signal
const RECORD: BuildRecord = {
  schema: 1,
  kind: 'build',
  fingerprint: digestOf('fingerprint'),
  target: 'api:build' as TargetId,
  durationMs: 1,
  finishedAt: 1,
  log: null,
  artifacts: [],
  toolchainBytes: 1,
}

/** Changes one bit, as a disk would: size, mode and mtime stay. */
function flipBit(path: string): void {
  const { atime, mtime, mode } = lstatSync(path)
  const content = readFileSync(path)
  content[0] = (content[0] ?? 0) ^ 1
  chmodSync(path, 0o644)
  writeFileSync(path, content)
  chmodSync(path, mode)
  utimesSync(path, atime, mtime)
}

describe('examining a store', () => {
  it('finds nothing in one that is intact', async () => {
    await using temporary = await temporaryStore()
    const { store } = temporary
    valueOf(await store.blobs.put('one'))
    valueOf(await store.blobs.put('one', { executable: true }))
    valueOf(await store.records.put(RECORD))
    expect(valueOf(await store.examine(NEVER))).toEqual({ blobs: 2, records: 1, damagedBlobs: [], damagedRecords: [] })
  })

  it('sets aside a blob that lost a bit, and a record that cannot be read; what is intact stays', async () => {
    await using temporary = await temporaryStore()
    const { store } = temporary
    const [good, bad] = [valueOf(await store.blobs.put('good')), valueOf(await store.blobs.put('bad'))]
    valueOf(await store.records.put(RECORD))
    const pathOf = (hex: string): string => join(store.root, 'blobs/sha256', hex.slice(0, 2), hex)
    flipBit(pathOf(digestHex(bad.digest)))
    const hex = digestHex(RECORD.fingerprint)
    const record = join(store.root, 'records', hex.slice(0, 2), `${hex}.json`)
    flipBit(record)
    expect(valueOf(await store.examine(NEVER))).toEqual({
      blobs: 2,
      records: 1,
      damagedBlobs: [bad.digest],
      damagedRecords: [RECORD.fingerprint],
    })
    expect([await store.blobs.has(good.digest), await store.blobs.has(bad.digest)]).toEqual([true, false])
    expect(existsSync(record)).toBe(false)
    expect(readdirSync(join(store.root, 'quarantine'))).toHaveLength(1)
    expect(valueOf(await store.examine(NEVER))).toEqual({ blobs: 1, records: 0, damagedBlobs: [], damagedRecords: [] })
  })

  it('ends when it is stopped', async () => {
    await using temporary = await temporaryStore()
    valueOf(await temporary.store.blobs.put('one'))
    await expect(temporary.store.examine(AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped')
  })
})
