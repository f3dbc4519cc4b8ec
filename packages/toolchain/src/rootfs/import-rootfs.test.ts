import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { digestOf } from '@orchestrate/core'
import { openStore, type Store } from '@orchestrate/store'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { samplePlatform } from '../sample-toolchains.ts'
import { sampleTar } from '../sample-tar.ts'
import { importRootfs } from './import-rootfs.ts'

let workspace: string
let store: Store

beforeEach(async () => {
  const directory = mkdtempSync(join(tmpdir(), 'rootfs-'))
  workspace = join(directory, 'workspace')
  mkdirSync(workspace)
  const opened = await openStore({ root: join(directory, 'store'), clock: { now: () => 0, monotonic: () => 0 } })
  if (!opened.ok) throw new Error(opened.error.message)
  store = opened.value
})

afterEach(() => rmSync(join(workspace, '..'), { recursive: true, force: true }))

const tar = sampleTar({ 'bin/sh': 'shell' })

function importFile(content: Uint8Array, signal = new AbortController().signal) {
  writeFileSync(join(workspace, 'root.tar'), content)
  return importRootfs({ name: 'c', workspace, path: 'root.tar', platform: samplePlatform }, store, signal)
}

it.each([
  ['plain', tar],
  ['gzip', gzipSync(tar)],
])('stores the tar of a %s archive and locks the archive itself', async (_, archive) => {
  const layer = { digest: digestOf(tar), size: tar.length }
  expect(await importFile(archive)).toEqual({
    ok: true,
    value: {
      root: {
        diffIds: [layer.digest],
        env: new Map([['PATH', '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin']]),
        user: null,
        workdir: null,
        platform: samplePlatform,
      },
      size: tar.length,
      layers: [layer],
      image: null,
      source: { kind: 'rootfs', path: 'root.tar', archive: digestOf(archive) },
    },
  })
})

it.each([
  ['xz', Buffer.from('fd377a585a000000', 'hex'), 'is compressed with xz'],
  ['no tar', Buffer.from('x'.repeat(1024)), 'is not a tar archive: a header holds no number where one belongs'],
  ['an empty tar', Buffer.alloc(10240), 'is not a tar archive: it has no members'],
  ['half a tar', tar.subarray(0, 600), 'is not a tar archive: the archive ends too early'],
  ['half a gzip', gzipSync(tar).subarray(0, 50), 'cannot be read: unexpected end of file'],
])('refuses %s', async (_, content, what) => {
  expect(await importFile(content)).toEqual({
    ok: false,
    error: {
      kind: 'environment',
      id: 'toolchain/rootfs-unreadable',
      message: `the root file system "root.tar" of toolchain "c" ${what}`,
      details: [],
      help: 'a rootfs is a tar archive in the work tree, plain or compressed with gzip',
    },
  })
})

it('refuses a link that leads out of the workspace, and a file that is not there', async () => {
  writeFileSync(join(workspace, '..', 'outside.tar'), tar)
  symlinkSync('../outside.tar', join(workspace, 'link.tar'))
  const request = { name: 'c', workspace, platform: samplePlatform }
  const { signal } = new AbortController()
  const link = await importRootfs({ ...request, path: 'link.tar' }, store, signal)
  expect(link).toMatchObject({
    ok: false,
    error: { message: 'the root file system "link.tar" of toolchain "c" leads out of the workspace' },
  })
  const missing = await importRootfs({ ...request, path: 'none.tar' }, store, signal)
  expect(missing).toMatchObject({ ok: false, error: { id: 'toolchain/rootfs-unreadable' } })
})
