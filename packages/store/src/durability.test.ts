import { basename, dirname } from 'node:path'
import { readlinkSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { buildTargetId, digestHex, digestOf } from '@orchestrate/core'
import { archive, archiveEntry, filesBelow, temporaryStore, valueOf } from '../test/temporary-store.ts'
import type { BuildRecord } from './action-record.ts'
import { createDisk, type Disk } from './disk.ts'
import type { Store } from './store.ts'

/** A disk that writes down what is done to which file, and can refuse the n-th of these calls. */
function watchedDisk(): { readonly disk: Disk; readonly calls: string[]; failAt: number } {
  const real = createDisk()
  const watched = { disk: real, calls: [] as string[], failAt: Number.POSITIVE_INFINITY }
  const note = (call: string): void => {
    watched.calls.push(call)
    if (watched.calls.length === watched.failAt) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC', errno: -28 })
  }
  const shown = (path: string): string => (path.includes('/store/tmp/') ? basename(path) : `${basename(dirname(path))}/${basename(path)}`)
  watched.disk = createDisk({
    create: (path, mode) => (note(`create ${shown(path)}`), real.create(path, mode)),
    write: (descriptor, bytes) => (note('write'), real.write(descriptor, bytes)),
    sync: async (descriptor) => {
      note(`sync ${shown(readlinkSync(`/proc/self/fd/${descriptor}`))}`)
      await real.sync(descriptor)
    },
    rename: (from, to) => (note(`rename ${shown(from)} ${shown(to)}`), real.rename(from, to)),
  })
  return watched
}

const FINGERPRINT = digestOf('manifest')

function recordOf(tree: BuildRecord['fingerprint']): BuildRecord {
  const artifacts = [{ output: 'app', tree, bytes: 3 }]
  return {
    schema: 1,
    kind: 'build',
    fingerprint: FINGERPRINT,
    target: buildTargetId('api', 'build'),
    durationMs: 1,
    finishedAt: 2,
    artifacts,
    log: null,
    toolchainBytes: 0,
  }
}

/** What a successful build does: outputs in, record out. */
async function commitBuild(store: Store): Promise<string> {
  const ingested = await store.ingest(archive(archiveEntry('app', { content: 'app' })), ['app'])
  if (!ingested.ok) return ingested.error.id
  const artifact = ingested.value.artifacts[0]
  if (artifact === null || artifact === undefined) return 'missing'
  const put = await store.records.put(recordOf(artifact.tree))
  return put.ok ? 'committed' : put.error.id
}

describe('the order of a commit', () => {
  it('is blobs, sync, rename, their directories, then the record, sync, rename, its directory', async () => {
    const watched = watchedDisk()
    await using rig = await temporaryStore({ disk: watched.disk })
    watched.calls.length = 0
    expect(await commitBuild(rig.store)).toBe('committed')
    const blob = digestHex(digestOf('app'))
    const record = await rig.store.records.get(FINGERPRINT)
    const tree = digestHex(record?.kind === 'build' ? (record.artifacts[0]?.tree ?? FINGERPRINT) : FINGERPRINT)
    const shards = [blob, tree].map((hex) => `sync sha256/${hex.slice(0, 2)}`).toSorted()
    const shard = digestHex(FINGERPRINT).slice(0, 2)
    expect(watched.calls).toEqual([
      'create blob-1',
      'write',
      'sync blob-1',
      `rename blob-1 ${blob.slice(0, 2)}/${blob}`,
      'create blob-2',
      'write',
      'sync blob-2',
      `rename blob-2 ${tree.slice(0, 2)}/${tree}`,
      ...shards,
      'create record-3',
      'write',
      'sync record-3',
      `rename record-3 ${shard}/${digestHex(FINGERPRINT)}.json`,
      `sync records/${shard}`,
    ])
  })

  it('syncs each directory once for many blobs', async () => {
    const watched = watchedDisk()
    await using rig = await temporaryStore({ disk: watched.disk })
    const entries = Array.from({ length: 1000 }, (_, index) => archiveEntry(`out/${index}`, { content: `content ${index}` }))
    valueOf(await rig.store.ingest(archive(...entries), ['out']))
    watched.calls.length = 0
    valueOf(await rig.store.records.put(recordOf(FINGERPRINT)))
    const directories = watched.calls.filter((call) => call.startsWith('sync sha256/'))
    expect(directories.length).toBeGreaterThan(200)
    expect(new Set(directories).size).toBe(directories.length)
  })

  it('is not taken by inputs, which can be copied again', async () => {
    const watched = watchedDisk()
    await using rig = await temporaryStore({ disk: watched.disk })
    watched.calls.length = 0
    valueOf(await rig.store.blobs.copyFile(import.meta.filename, digestOf('edited')))
    expect(watched.calls.filter((call) => call.startsWith('sync'))).toEqual([])
  })
})

async function countSteps(): Promise<number> {
  const watched = watchedDisk()
  await using rig = await temporaryStore({ disk: watched.disk })
  watched.calls.length = 0
  expect(await commitBuild(rig.store)).toBe('committed')
  return watched.calls.length
}

describe('a disk that refuses a call', () => {
  it('never leaves a record whose content is not there, and the next run succeeds', async () => {
    const steps = await countSteps()
    for (let step = 1; step <= steps; step += 1) {
      const watched = watchedDisk()
      await using rig = await temporaryStore({ disk: watched.disk })
      watched.calls.length = 0
      watched.failAt = step
      const outcome = await commitBuild(rig.store)
      expect(`${step} ${outcome}`).toBe(`${step} store/disk-full`)
      const after = await rig.open({ disk: createDisk() })
      const record = await after.records.get(FINGERPRINT)
      const named = record?.kind === 'build' ? record.artifacts.map((artifact) => artifact.tree) : []
      expect(await after.blobs.verify(named)).toEqual([])
      expect(filesBelow(`${rig.store.root}/tmp`)).toEqual([])
      expect(await commitBuild(after)).toBe('committed')
    }
  })
})
