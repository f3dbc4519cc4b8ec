import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { digestOf, systemClock } from '@orchestrate/core'
import { archive, archiveEntry, filesBelow, valueOf } from '../test/temporary-store.ts'
import { openStore } from './open-store.ts'

/** A file system of `size` in memory, unmounted on dispose. */
function smallDisk(size: string): { readonly path: string } & Disposable {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'store-disk-')))
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=700`, 'tmpfs', path])
  return {
    path,
    [Symbol.dispose]: () => {
      execFileSync('umount', [path])
      rmSync(path, { recursive: true })
    },
  }
}

it('says which path is full and how much is free, keeps no rest, and goes on once there is space', async () => {
  using disk = smallDisk('1m')
  const root = join(disk.path, 'store')
  mkdirSync(root, { mode: 0o700 })
  const store = valueOf(await openStore({ root, clock: systemClock }))
  const large = 'x'.repeat(2 << 20)
  const refused = await store.blobs.put(large)
  expect(
    refused.ok ? null : { ...refused.error, message: refused.error.message.replace(/\d+ bytes and \d+ files/, 'N bytes and M files') },
  ).toEqual({
    kind: 'environment',
    id: 'store/disk-full',
    message: `the store at "${root}" is on a full disk: ENOSPC at "${root}", N bytes and M files free`,
    details: [],
    help: 'free space there, or set ORCHESTRATE_STORE to a directory on a larger disk',
  })
  const ingested = await store.ingest(archive(archiveEntry('small', { content: 'ok' }), archiveEntry('app', { content: large })), ['app'])
  expect(ingested.ok ? null : ingested.error.id).toBe('store/disk-full')
  expect(filesBelow(root)).toEqual(['layout.json'])
  expect(valueOf(await store.blobs.put('small')).digest).toBe(digestOf('small'))
  await store.close()
})

it('refuses to open where even the directories do not fit', async () => {
  using disk = smallDisk('1m,nr_inodes=20')
  const opened = await openStore({ root: join(disk.path, 'store'), clock: systemClock })
  expect(opened.ok ? null : opened.error.id).toBe('store/disk-full')
})
