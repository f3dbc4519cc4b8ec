import {
  chmodSync,
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { digestOf } from '@orchestrate/core'
import { digestNumber, filesBelow, storedFile, temporaryStore, type TemporaryStore, valueOf } from '../test/temporary-store.ts'
import { blobPath, blobTime, STORE_EPOCH } from './blob-layout.ts'
import { createDisk } from './disk.ts'
import type { MountPoint } from './store.ts'
import type { Tree } from './tree.ts'

async function sampleTree(rig: TemporaryStore): Promise<Tree> {
  return {
    entries: [
      { type: 'directory', path: 'bin' },
      await storedFile(rig.store, 'bin/run', 'run', true),
      await storedFile(rig.store, 'main.go', 'main'),
      { type: 'symlink', path: 'out', target: '/nowhere' },
    ],
  }
}

/** Every member of a view: mode, mtime in seconds, links, text. */
function list(root: string): readonly string[] {
  return ['', ...readdirSync(root, { recursive: true, encoding: 'utf8' }).toSorted()].map((path) => {
    const stats = lstatSync(join(root, path))
    const content = stats.isSymbolicLink()
      ? ` -> ${readlinkSync(join(root, path))}`
      : stats.isFile()
        ? ` = ${readFileSync(join(root, path), 'utf8')}`
        : '/'
    return `${(stats.mode & 0o7777).toString(8)} ${stats.mtimeMs / 1000} ${path}${content}`
  })
}

const SAMPLE = [
  `755 ${STORE_EPOCH} /`,
  `755 ${STORE_EPOCH} bin/`,
  `555 ${blobTime(digestOf('run'))} bin/run = run`,
  `444 ${blobTime(digestOf('main'))} main.go = main`,
  `777 ${STORE_EPOCH} out -> /nowhere`,
]

async function layOut(rig: TemporaryStore, tree: Tree, mountPoints: readonly MountPoint[] = []): Promise<string> {
  return valueOf(await rig.store.views.layOut(tree, mountPoints)).path
}

describe('layOut', () => {
  it('makes a directory of hard links with constant modes and times', async () => {
    await using rig = await temporaryStore()
    const path = await layOut(rig, await sampleTree(rig))
    expect(list(path)).toEqual(SAMPLE)
    expect(statSync(join(path, 'main.go')).ino).toBe(statSync(blobPath(rig.store.root, digestOf('main'), 'plain')).ino)
    expect(filesBelow(`${rig.store.root}/tmp`)).toEqual([])
  })

  it('does not depend on the umask', async () => {
    await using rig = await temporaryStore()
    const before = process.umask(0o077)
    try {
      expect(list(await layOut(rig, await sampleTree(rig)))).toEqual(SAMPLE)
    } finally {
      process.umask(before)
    }
  })

  it('makes a file for a tree that is one', async () => {
    await using rig = await temporaryStore()
    const view = valueOf(await rig.store.views.layOut({ entries: [await storedFile(rig.store, '', 'app', true)] }))
    expect(view.kind).toBe('file')
    expect(readFileSync(view.path, 'utf8')).toBe('app')
    expect(statSync(view.path).mode & 0o7777).toBe(0o555)
  })

  it('makes an empty directory for an empty tree', async () => {
    await using rig = await temporaryStore()
    expect(list(await layOut(rig, { entries: [] }))).toEqual([`755 ${STORE_EPOCH} /`])
  })

  it('adds mount points with the directories above them', async () => {
    await using rig = await temporaryStore()
    const points: readonly MountPoint[] = [
      { path: 'services/web/node_modules', kind: 'directory' },
      { path: 'gen/schema.json', kind: 'file' },
      { path: 'bin', kind: 'directory' },
      { path: 'main.go', kind: 'file' },
    ]
    const path = await layOut(rig, await sampleTree(rig), points)
    expect(list(path)).toEqual([
      ...SAMPLE.slice(0, 3),
      `755 ${STORE_EPOCH} gen/`,
      `444 ${STORE_EPOCH} gen/schema.json = `,
      ...SAMPLE.slice(3),
      ...['services', 'services/web', 'services/web/node_modules'].map((directory) => `755 ${STORE_EPOCH} ${directory}/`),
    ])
    expect(await layOut(rig, await sampleTree(rig), points.toReversed())).toBe(path)
  })

  it.each<[MountPoint, string]>([
    [{ path: 'main.go', kind: 'directory' }, 'nothing can be mounted at "main.go": there is a file of that name'],
    [{ path: 'main.go/x', kind: 'directory' }, 'nothing can be mounted at "main.go/x": it would lie below the file "main.go"'],
    [{ path: 'out/x', kind: 'file' }, 'nothing can be mounted at "out/x": it would lie below the symbolic link "out"'],
    [{ path: '../x', kind: 'file' }, 'nothing can be mounted at "../x": its path has a ".." segment'],
  ])('refuses the mount point %o', async (point, message) => {
    await using rig = await temporaryStore()
    const result = await rig.store.views.layOut(await sampleTree(rig), [point])
    expect(result.ok ? null : result.error).toEqual({
      kind: 'environment',
      id: 'store/mount-point-conflict',
      message,
      details: [],
      help: 'mount it somewhere else, or leave what is there out of the inputs',
    })
  })

  it('refuses a tree that the validator refuses, and a link that stands alone', async () => {
    await using rig = await temporaryStore()
    const hostile = await rig.store.views.layOut({ entries: [{ type: 'symlink', path: '../x', target: 'y' }] })
    expect(hostile.ok ? null : hostile.error.message).toBe('entry 0 "../x" cannot stand in a tree: its path has a ".." segment')
    const alone = await rig.store.views.layOut({ entries: [{ type: 'symlink', path: '', target: 'y' }] })
    expect(alone.ok ? null : alone.error.message).toBe('an artifact that is nothing but a symbolic link to "y" cannot be mounted')
  })

  it('names a missing blob and leaves nothing behind', async () => {
    await using rig = await temporaryStore()
    const result = await rig.store.views.layOut({
      entries: [{ type: 'file', path: 'a', digest: digestNumber(1), size: 1, executable: false }],
    })
    expect(result.ok ? null : [result.error.kind, result.error.id, result.error.message]).toEqual([
      'integrity',
      'store/blob-missing',
      `the store at "${rig.store.root}" no longer holds blob ${digestNumber(1)}`,
    ])
    expect(readdirSync(join(rig.store.root, 'views'))).toEqual([])
  })
})

describe('a view that was laid out before', () => {
  it('is used again, also by another run', async () => {
    await using rig = await temporaryStore()
    const tree = await sampleTree(rig)
    const path = await layOut(rig, tree)
    const first = statSync(path).ino
    expect(await layOut(rig, tree)).toBe(path)
    await rig.store.close()
    const other = await rig.open()
    expect(valueOf(await other.views.layOut(tree)).path).toBe(path)
    expect(statSync(path).ino).toBe(first)
  })

  it('is used again after others linked the same content', async () => {
    await using rig = await temporaryStore()
    const other = await rig.open()
    const tree = await sampleTree(rig)
    const path = await layOut(rig, tree)
    const first = statSync(path).ino
    valueOf(await other.views.layOut({ entries: tree.entries.slice(0, 3) }))
    await layOut(rig, tree)
    expect(statSync(path).ino).toBe(first)
  })

  it.each<[string, (root: string) => void]>([
    ['a file was removed', (root) => unlinkSync(join(root, 'main.go'))],
    ['a file was added', (root) => writeFileSync(join(root, 'bin/extra'), 'x')],
    ['a link was removed', (root) => unlinkSync(join(root, 'out'))],
    ['a directory was removed', (root) => rmSync(join(root, 'bin'), { recursive: true })],
    ['its root was removed', (root) => rmSync(root, { recursive: true })],
    ['its root was replaced', (root) => (rmSync(root, { recursive: true }), writeFileSync(root, 'x'))],
    ['a directory was closed', (root) => chmodSync(join(root, 'bin'), 0o700)],
    [
      'a file was replaced under restored times',
      (root) => {
        unlinkSync(join(root, 'main.go'))
        writeFileSync(join(root, 'main.go'), 'evil', { mode: 0o444 })
        utimesSync(join(root, 'main.go'), blobTime(digestOf('main')), blobTime(digestOf('main')))
        utimesSync(root, STORE_EPOCH, STORE_EPOCH)
      },
    ],
  ])('is made again when %s', async (_, damage) => {
    await using rig = await temporaryStore()
    const tree = await sampleTree(rig)
    damage(await layOut(rig, tree))
    expect(list(await layOut(rig, tree))).toEqual(SAMPLE)
  })

  it('is not used when its content is damaged, which is reported', async () => {
    await using rig = await temporaryStore()
    const tree = await sampleTree(rig)
    const path = await layOut(rig, tree)
    chmodSync(join(path, 'main.go'), 0o644)
    writeFileSync(join(path, 'main.go'), 'evil')
    const refused = await rig.store.views.layOut(tree)
    expect(refused.ok ? null : refused.error.message).toBe(
      `blob ${digestOf('main')} in the store at "${rig.store.root}" is damaged and was moved to "${rig.store.root}/quarantine"`,
    )
    valueOf(await rig.store.blobs.put('main'))
    expect(list(await layOut(rig, tree))).toEqual(SAMPLE)
  })
})

describe('a blob with as many links as the file system allows', () => {
  it('is replaced by a fresh copy, which is linked', async () => {
    const real = createDisk()
    const refused = new Set<string>()
    await using rig = await temporaryStore({
      disk: createDisk({
        link: (existing, path) => {
          if (refused.has(`${existing} ${statSync(existing).ino}`))
            throw Object.assign(new Error('too many links'), { code: 'EMLINK', errno: -31 })
          real.link(existing, path)
        },
      }),
    })
    const tree = await sampleTree(rig)
    const blob = blobPath(rig.store.root, digestOf('main'), 'plain')
    const first = statSync(blob).ino
    refused.add(`${blob} ${first}`)
    const path = await layOut(rig, tree)
    expect(list(path)).toEqual(SAMPLE)
    expect(statSync(join(path, 'main.go')).ino).toBe(statSync(blob).ino)
    expect(statSync(blob).ino).not.toBe(first)
    expect(await rig.store.blobs.verify([digestOf('main')])).toEqual([])
  })
})

describe('two runs that want one view at the same time', () => {
  it('get the same whole view', async () => {
    await using rig = await temporaryStore()
    const other = await rig.open()
    const tree = await sampleTree(rig)
    const views = await Promise.all([rig.store, rig.store, other, other].map((store) => store.views.layOut(tree)))
    expect(new Set(views.map((view) => valueOf(view).path)).size).toBe(1)
    expect(list(await layOut(rig, tree))).toEqual(SAMPLE)
  })
})
