import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { digestHex } from '@orchestrate/core'
import { formatLabel, labelProcess } from '@orchestrate/store'
import { handMadeTar } from '../../test/hand-made-tar.ts'
import { imageOf, never, temporaryRoots, valueOf } from '../../test/temporary-roots.ts'

const TAR = handMadeTar(
  { name: 'bin/', flag: '5', mode: 0o755 },
  { name: 'bin/sh', mode: 0o755, content: '#!' },
  { name: 'etc/passwd', content: 'root' },
  { name: 'lib', flag: '2', linkName: 'usr/lib' },
)

describe('a root', () => {
  it('is unpacked once for everybody who asks at once', async () => {
    using temporary = temporaryRoots()
    const root = temporary.rootOf(TAR)
    const all = await Promise.all(
      [temporary.roots, temporary.open(), temporary.open()].flatMap((roots) => [
        roots.ensure(root, [], never),
        roots.ensure(root, [], never),
      ]),
    )
    const path = join(temporary.directory, 'state/roots', digestHex(root.identity), 'root')
    expect(all.map(valueOf)).toEqual(Array.from({ length: 6 }, () => ({ path, identity: root.identity })))
    expect(temporary.kept()).toEqual([digestHex(root.identity)])
    expect(await temporary.roots.verify({ path, identity: root.identity })).toBe(true)
  })

  it('of another identity is another directory', async () => {
    using temporary = temporaryRoots()
    const one = valueOf(await temporary.roots.ensure(temporary.rootOf(TAR), [], never))
    const two = valueOf(await temporary.roots.ensure(temporary.rootOf(TAR, TAR), [], never))
    expect(two.path).not.toBe(one.path)
  })

  it('of an image is known by its layers', async () => {
    using temporary = temporaryRoots()
    const one = valueOf(await temporary.roots.ensureImage(imageOf(TAR), never))
    expect(valueOf(await temporary.open().ensureImage(imageOf(TAR), never))).toEqual(one)
    expect(valueOf(await temporary.roots.ensureImage(imageOf(TAR, TAR), never)).path).not.toBe(one.path)
  })

  it('that only another engine holds is refused', async () => {
    using temporary = temporaryRoots()
    const content = { kind: 'engine-image', id: 'x', reference: 'golang:1.24', diffIds: [] } as const
    const refused = await temporary.roots.ensure({ ...temporary.rootOf(TAR), content }, [], never)
    expect(refused.ok ? null : refused.error).toEqual({
      kind: 'environment',
      id: 'embedded/engine-image',
      message: 'the embedded engine has no images of its own: "golang:1.24" is held by another engine',
      details: [],
      help: 'use the Docker engine, or import the image as a root file system with rootfs',
    })
  })
})

const DAMAGE: readonly [string, (root: string) => void][] = [
  ['a longer file', (root) => appendFileSync(join(root, 'etc/passwd'), 'x')],
  [
    'other content with the old times',
    (root) => {
      const { atime, mtime } = lstatSync(join(root, 'etc/passwd'))
      writeFileSync(join(root, 'etc/passwd'), 'toor')
      utimesSync(join(root, 'etc/passwd'), atime, mtime)
    },
  ],
  ['another mode', (root) => chmodSync(join(root, 'bin/sh'), 0o777)],
  ['a file more', (root) => writeFileSync(join(root, 'bin/new'), '')],
  ['a file less', (root) => rmSync(join(root, 'bin/sh'))],
  ['another name', (root) => renameSync(join(root, 'bin/sh'), join(root, 'bin/bash'))],
  [
    'another link',
    (root) => {
      rmSync(join(root, 'lib'))
      symlinkSync('usr/li2', join(root, 'lib'))
    },
  ],
  ['a mode of the root', (root) => chmodSync(root, 0o700)],
  ['nothing left', (root) => rmSync(root, { recursive: true })],
  ['no state', (root) => rmSync(join(root, '../state'))],
  ['a state of nonsense', (root) => writeFileSync(join(root, '../state'), 'sha256:0\0bin')],
]

describe('a changed root', () => {
  it.each(['/usr/bin/find', null].flatMap((find) => DAMAGE.map(([what, damage]) => ({ what, damage, find }))))(
    'with $what is noticed by $find, discarded and unpacked again',
    async ({ damage, find }) => {
      using temporary = temporaryRoots(undefined, find)
      const root = temporary.rootOf(TAR)
      const directory = valueOf(await temporary.roots.ensure(root, [], never))
      damage(directory.path)
      expect(await temporary.roots.verify(directory)).toBe(false)
      await temporary.roots.discard(directory)
      expect(temporary.kept()).toEqual([])
      const again = valueOf(await temporary.roots.ensure(root, [], never))
      expect(await temporary.roots.verify(again)).toBe(true)
      expect(readFileSync(join(again.path, 'etc/passwd'), 'utf8')).toBe('root')
    },
  )

  it('is noticed where the find of this machine is not the one that knows -printf', async () => {
    using temporary = temporaryRoots(undefined, '/bin/false')
    const directory = valueOf(await temporary.roots.ensure(temporary.rootOf(TAR), [], never))
    expect(readFileSync(join(directory.path, '../state'), 'utf8')).toMatch(/^walk sha256:[0-9a-f]{64}\n$/)
    expect(await temporary.open().verify(directory)).toBe(true)
    appendFileSync(join(directory.path, 'etc/passwd'), 'x')
    expect(await temporary.open().verify(directory)).toBe(false)
  })

  it('is what a root is taken for whose find is gone', async () => {
    using temporary = temporaryRoots()
    const directory = valueOf(await temporary.roots.ensure(temporary.rootOf(TAR), [], never))
    expect(readFileSync(join(directory.path, '../state'), 'utf8')).toMatch(/^find sha256:[0-9a-f]{64}\n$/)
    using later = temporaryRoots(temporary.directory, null)
    expect(await later.roots.verify(directory)).toBe(false)
  })

  it('is looked at once per process', async () => {
    using temporary = temporaryRoots()
    const directory = valueOf(await temporary.roots.ensure(temporary.rootOf(TAR), [], never))
    expect(await temporary.roots.verify(directory)).toBe(true)
    appendFileSync(join(directory.path, 'etc/passwd'), 'x')
    expect(await temporary.roots.verify(directory)).toBe(true)
    expect(await temporary.open().verify(directory)).toBe(false)
  })

  it('that somebody else has unpacked again is kept', async () => {
    using temporary = temporaryRoots()
    const root = temporary.rootOf(TAR)
    const directory = valueOf(await temporary.roots.ensure(root, [], never))
    appendFileSync(join(directory.path, 'etc/passwd'), 'x')
    const other = temporary.open()
    expect([await temporary.roots.verify(directory), await other.verify(directory)]).toEqual([false, false])
    await other.discard(directory)
    valueOf(await other.ensure(root, [], never))
    await temporary.roots.discard(directory)
    expect(temporary.kept()).toEqual([digestHex(root.identity)])
    expect(await temporary.roots.verify(directory)).toBe(true)
  })

  it('of which nothing but the name is left is unpacked again when it is asked for', async () => {
    using temporary = temporaryRoots()
    const root = temporary.rootOf(TAR)
    const directory = valueOf(await temporary.roots.ensure(root, [], never))
    rmSync(directory.path, { recursive: true })
    valueOf(await temporary.open().ensure(root, [], never))
    expect(readFileSync(join(directory.path, 'bin/sh'), 'utf8')).toBe('#!')
  })
})

describe('a mount point that is wanted later', () => {
  it('is made once, links followed inside, and the root verifies in every process', async () => {
    using temporary = temporaryRoots()
    const tar = handMadeTar({ name: 'var/lib/', flag: '5' }, { name: 'cache', flag: '2', linkName: '/var/lib' })
    const root = temporary.rootOf(tar)
    const directory = valueOf(await temporary.roots.ensure(root, [], never))
    valueOf(await temporary.open().ensure(root, ['/cache/go/build', '/root'], never))
    expect(lstatSync(join(directory.path, 'var/lib/go/build')).isDirectory()).toBe(true)
    expect(await temporary.roots.verify(directory)).toBe(true)
    expect(await temporary.open().verify(directory)).toBe(true)
  })

  it('is left to the runtime where something is in its way', async () => {
    using temporary = temporaryRoots()
    const tar = handMadeTar({ name: 'file' }, { name: 'door', flag: '2', linkName: '../../../outside' })
    const root = temporary.rootOf(tar)
    const directory = valueOf(await temporary.roots.ensure(root, [], never))
    valueOf(await temporary.roots.ensure(root, ['/file/x', '/door/x', '/door'], never))
    expect(await temporary.open().verify(directory)).toBe(true)
    expect(readdirSync(temporary.directory).toSorted()).toEqual(['layers', 'state'])
    expect(readdirSync(join(temporary.directory, 'state'))).toEqual(['roots'])
  })

  it('never makes damage look whole', async () => {
    using temporary = temporaryRoots()
    const root = temporary.rootOf(TAR)
    const directory = valueOf(await temporary.roots.ensure(root, [], never))
    appendFileSync(join(directory.path, 'etc/passwd'), 'x')
    valueOf(await temporary.open().ensure(root, ['/var/cache'], never))
    expect(readFileSync(join(directory.path, 'etc/passwd'), 'utf8')).toBe('root')
    expect(await temporary.open().verify(directory)).toBe(true)
  })
})

describe('what ends an unpacking early', () => {
  it('leaves nothing when it is a signal, and the next asker unpacks', async () => {
    using temporary = temporaryRoots()
    const stop = new AbortController()
    const image = imageOf(TAR)
    const [layer] = image.layers
    if (layer === undefined) throw new Error('an image of one tar has a layer')
    const stopped = { ...image, layers: [{ ...layer, open: () => abortAfter(layer.open(), stop) }] }
    const first = temporary.roots.ensureImage(stopped, stop.signal)
    const second = temporary.roots.ensureImage(image, never)
    const refused = await first
    expect(refused.ok ? null : refused.error).toEqual({
      kind: 'environment',
      id: 'embedded/cancelled',
      message: 'the run was stopped before a root file system was unpacked',
      details: [],
      help: null,
    })
    expect(readFileSync(join(valueOf(await second).path, 'bin/sh'), 'utf8')).toBe('#!')
    expect(temporary.kept()).toHaveLength(1)
  })

  it('is removed by the next unpacking and by every sweep when it was SIGKILL, never while its process lives', async () => {
    using temporary = temporaryRoots()
    const root = temporary.rootOf(TAR)
    const process = spawn('sleep', ['1000'])
    const left = ['.unpacking.', '.removed.'].map((prefix) => `${prefix}${formatLabel(labelProcess({ pid: process.pid }))}.0123456789ab`)
    const leave = (): void =>
      left.forEach((name) => mkdirSync(join(temporary.directory, 'state/roots', name, 'root/bin'), { recursive: true }))
    leave()
    expect(await temporary.roots.sweep()).toEqual([])
    valueOf(await temporary.roots.ensure(root, [], never))
    expect(temporary.kept()).toEqual([...left.toSorted(), digestHex(root.identity)])
    process.kill('SIGKILL')
    await once(process, 'exit')
    expect(await temporary.roots.sweep()).toEqual(left.toSorted())
    leave()
    valueOf(await temporary.roots.ensureImage(imageOf(TAR), never))
    expect(temporary.kept().filter((name) => name.startsWith('.'))).toEqual([])
  })

  it('is a clear error when it is a full disk, and nothing is left on it', async () => {
    using disk = smallDisk('1m')
    using temporary = temporaryRoots(join(disk.path, 'test'))
    const image = imageOf(handMadeTar({ name: 'large', content: Buffer.alloc(2 << 20, 'x') }))
    const refused = await temporary.roots.ensureImage(image, never)
    expect(
      refused.ok ? null : { ...refused.error, message: refused.error.message.replace(/\d+ bytes and \d+ files/, 'N bytes and M files') },
    ).toEqual({
      kind: 'environment',
      id: 'embedded/disk-full',
      message: `a root file system of ${(2 << 20) + 512 + 1024} bytes does not fit at "${disk.path}/test/state/roots": ENOSPC, N bytes and M files free`,
      details: [],
      help: 'free space there, or set ORCHESTRATE_STORE to a directory on a larger disk',
    })
    expect(temporary.kept()).toEqual([])
    valueOf(await temporary.roots.ensureImage(imageOf(TAR), never))
  })

  it('is a clear error when there are no inodes left', async () => {
    using disk = smallDisk('10m,nr_inodes=60')
    using temporary = temporaryRoots(join(disk.path, 'test'))
    const tar = handMadeTar(...Array.from({ length: 100 }, (_, index) => ({ name: `f${index}` })))
    const refused = await temporary.roots.ensureImage(imageOf(tar), never)
    expect(refused.ok ? null : refused.error.id).toBe('embedded/disk-full')
    expect(temporary.kept()).toEqual([])
  })

  it('is a clear error when the disk may only be read', async () => {
    using disk = smallDisk('1m')
    using temporary = temporaryRoots(join(disk.path, 'test'))
    const root = temporary.rootOf(TAR)
    execFileSync('mount', ['-o', 'remount,ro', disk.path])
    const refused = await temporary.roots.ensure(root, [], never)
    execFileSync('mount', ['-o', 'remount,rw', disk.path])
    expect(refused.ok ? null : refused.error).toMatchObject({ kind: 'environment', id: 'embedded/not-writable' })
  })

  it('is a clear error when the directory cannot be made', async () => {
    using temporary = temporaryRoots()
    mkdirSync(join(temporary.directory, 'state'))
    writeFileSync(join(temporary.directory, 'state/roots'), 'in the way')
    const refused = await temporary.roots.ensure(temporary.rootOf(TAR), [], never)
    expect(refused.ok ? null : refused.error).toMatchObject({ kind: 'environment', id: 'embedded/unpack-failed' })
  })
})

/** The pieces of `content`, with the stop asked for before the first one is given. */
async function* abortAfter(content: AsyncIterable<Uint8Array>, stop: AbortController): AsyncGenerator<Uint8Array> {
  for await (const piece of content) {
    stop.abort()
    yield piece
  }
}

/** A file system of `size` in memory, unmounted on dispose. */
function smallDisk(size: string): { readonly path: string } & Disposable {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'roots-disk-')))
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=700`, 'tmpfs', path])
  return {
    path,
    [Symbol.dispose]: () => {
      execFileSync('umount', [path])
      rmSync(path, { recursive: true })
    },
  }
}
