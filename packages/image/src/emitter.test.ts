import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { type Digest, digestOf } from '@orchestrate/core'
import type { EmissionRequest, EmittedImage, RootFilesystem } from '@orchestrate/execute'
import type { ImageRecord } from '@orchestrate/store'
import { unpackTar } from 'modern-tar'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createImageEmitter } from './emitter.ts'
import { MemoryBlobs, sampleFile, sampleRequest } from './sample-image.ts'

let root: string
let blobs: MemoryBlobs

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'image-emitter-'))
  blobs = new MemoryBlobs()
})

afterEach(() => rmSync(root, { recursive: true }))

describe('emit', () => {
  it('makes a config and a manifest of exactly these bytes', async () => {
    const image = await emit(
      sampleRequest({
        image: {
          entrypoint: ['/app'],
          cmd: ['serve'],
          env: new Map([
            ['Z', '1'],
            ['A', 'x=y'],
          ]),
          workdir: '/srv',
          user: '65532:65532',
          ports: ['8080/tcp'],
          labels: new Map([['org.opencontainers.image.title', 'checkout']]),
          annotations: new Map([['team', 'payments']]),
        },
        platform: { os: 'linux', architecture: 'arm', variant: 'v7' },
        files: [sampleFile('/app', [blobs.treeFile('', 'binary', true)])],
      }),
    )
    const [layer] = image.layers
    expect(Buffer.from(image.config.bytes).toString()).toBe(
      `{"architecture":"arm","config":{"Cmd":["serve"],"Entrypoint":["/app"],"Env":["A=x=y","Z=1"],"ExposedPorts":{"8080/tcp":{}},"Labels":{"org.opencontainers.image.title":"checkout"},"User":"65532:65532","WorkingDir":"/srv"},"created":"1980-01-02T00:00:00Z","history":[{"created":"1980-01-02T00:00:00Z","created_by":"orchestrate: files"}],"os":"linux","rootfs":{"diff_ids":["${layer?.diffId}"],"type":"layers"},"variant":"v7"}`,
    )
    expect(Buffer.from(image.manifest.bytes).toString()).toBe(
      `{"annotations":{"team":"payments"},"config":{"digest":"${image.config.digest}","mediaType":"application/vnd.oci.image.config.v1+json","size":${image.config.bytes.length}},"layers":[{"digest":"${layer?.digest}","mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","size":${layer?.size}}],"mediaType":"application/vnd.oci.image.manifest.v1+json","schemaVersion":2}`,
    )
    expect(image.manifest.digest).toBe('sha256:82702f13903fadce1449ec1f6d04c56c93bc3de6fc9685a838fe07f51d56db75')
  })

  it('writes volumes, stop signal and healthcheck as Docker reads them', async () => {
    const image = await emit(
      sampleRequest({
        image: {
          volumes: ['/data', '/var/lib/api'],
          stopSignal: 'SIGRTMIN+3',
          healthcheck: { test: { kind: 'exec', argv: ['/app', 'health'] }, interval: 60_000, timeout: 500, startPeriod: 2000, retries: 5 },
        },
      }),
    )
    expect(configOf(image)['config']).toEqual({
      Healthcheck: {
        Test: ['CMD', '/app', 'health'],
        Interval: 60_000_000_000,
        Timeout: 500_000_000,
        StartPeriod: 2_000_000_000,
        Retries: 5,
      },
      StopSignal: 'SIGRTMIN+3',
      Volumes: { '/data': {}, '/var/lib/api': {} },
    })
  })

  it('leaves to the engine what a healthcheck does not say', async () => {
    const healthcheck = {
      test: { kind: 'shell', command: 'true' },
      interval: null,
      timeout: null,
      startPeriod: null,
      retries: null,
    } as const
    expect(configOf(await emit(sampleRequest({ image: { healthcheck } })))['config']).toEqual({
      Healthcheck: { Test: ['CMD-SHELL', 'true'] },
    })
  })

  it('gives each layer of the image the files that choose it, lowest first', async () => {
    const files = [
      sampleFile('/srv/main.js', [blobs.treeFile('', 'main')]),
      sampleFile('/srv/node_modules', [blobs.treeFile('a/index.js', 'a')], { layer: 'deps' }),
      sampleFile('/srv/node_modules/own', [blobs.treeFile('index.js', 'own')]),
      sampleFile('/etc/motd', [blobs.treeFile('', 'hello')], { layer: 'settings' }),
    ]
    const image = await emit(sampleRequest({ image: { layers: ['settings', 'deps'] }, files }))
    expect(await namesOf(image)).toEqual([
      ['etc/', 'etc/motd'],
      ['srv/', 'srv/node_modules/', 'srv/node_modules/a/', 'srv/node_modules/a/index.js'],
      ['srv/', 'srv/main.js', 'srv/node_modules/', 'srv/node_modules/own/', 'srv/node_modules/own/index.js'],
    ])
    expect(configOf(image)['history']).toEqual(
      ['orchestrate: files of layer settings', 'orchestrate: files of layer deps', 'orchestrate: files'].map((created_by) => ({
        created: '1980-01-02T00:00:00Z',
        created_by,
      })),
    )
  })

  it('keeps the digest of a layer when only files of another one have changed', async () => {
    const withMain = (content: string) =>
      sampleRequest({
        image: { layers: ['deps'] },
        files: [
          sampleFile('/srv/deps', [blobs.treeFile('a', 'a')], { layer: 'deps' }),
          sampleFile('/srv/main', [blobs.treeFile('', content)]),
        ],
      })
    const [before, after] = [await emit(withMain('one')), await emit(withMain('two'))]
    expect(after.layers[0]?.digest).toBe(before.layers[0]?.digest)
    expect(after.layers[1]?.digest).not.toBe(before.layers[1]?.digest)
  })

  it('adds at most 2 KiB to one binary, and as much again for config and manifest', async () => {
    const content = 'x'.repeat(1_500_001)
    const image = await emit(
      sampleRequest({ image: { entrypoint: ['/app'] }, files: [sampleFile('/app', [blobs.treeFile('', content, true)])] }),
    )
    const tar = image.layers[0]?.uncompressedSize ?? 0
    expect(tar - content.length).toBeLessThanOrEqual(2048)
    expect(image.config.bytes.length + image.manifest.bytes.length).toBeLessThanOrEqual(2048)
    expect(image.bytes).toBe(tar + image.config.bytes.length + image.manifest.bytes.length)
  })

  it('states the digests and sizes of the bytes that its layers give', async () => {
    const image = await emit(
      sampleRequest({ files: [sampleFile('/srv', [blobs.treeFile('a', 'A'), blobs.treeFile('b', 'x'.repeat(70_000))])] }),
    )
    const [layer] = image.layers
    const compressed = await bytesOf(image, 0)
    const tar = gunzipSync(compressed)
    expect({ digest: digestOf(compressed), size: compressed.length, diffId: digestOf(tar), uncompressedSize: tar.length }).toEqual({
      digest: layer?.digest,
      size: layer?.size,
      diffId: layer?.diffId,
      uncompressedSize: layer?.uncompressedSize,
    })
    expect((await unpackTar(tar, { strict: true })).map(({ header }) => header.name)).toEqual(['srv/', 'srv/a', 'srv/b'])
  })

  it('gives an image without files and base one empty layer', async () => {
    const image = await emit(sampleRequest())
    expect(image.layers.map((layer) => layer.uncompressedSize)).toEqual([1024])
    expect(await unpackTar(gunzipSync(await bytesOf(image, 0)), { strict: true })).toEqual([])
  })

  it('gives equal bytes from other stores, in other time zones and under other umasks', async () => {
    const request = () => sampleRequest({ files: [sampleFile('/srv', [blobs.treeFile('a', 'A')])] })
    const here = await emit(request())
    const [zone, mask] = [process.env['TZ'], process.umask(0o077)]
    process.env['TZ'] = 'Asia/Kathmandu'
    blobs = new MemoryBlobs()
    root = join(root, 'elsewhere')
    const there = await emit(request())
    process.umask(mask)
    if (zone === undefined) delete process.env['TZ']
    else process.env['TZ'] = zone
    root = join(root, '..')
    expect(there.stored).toEqual(here.stored)
  })

  it('does not read files again for a layer that it has measured before', async () => {
    const request = sampleRequest({ files: [sampleFile('/app', [blobs.treeFile('', 'binary')])] })
    const first = await emit(request)
    blobs.reads.length = 0
    const second = await emit(sampleRequest({ ...request, image: { user: '1' } }))
    expect(blobs.reads).toEqual([])
    expect(second.layers[0]?.digest).toBe(first.layers[0]?.digest)
    expect(second.config.digest).not.toBe(first.config.digest)
  })

  it('refuses an image that is too large before it reads a file', async () => {
    const file = sampleFile('/srv', [blobs.treeFile('small', 'x'), blobs.treeFile('large', 'x'.repeat(3000))])
    const maxSize = { value: 2048, span: { file: 'services/checkout/builder.yaml', offset: 9, length: 4 } }
    expect(await tryEmit(sampleRequest({ image: { maxSize }, files: [file] }))).toEqual({
      ok: false,
      error: {
        kind: 'failure',
        id: 'image/too-large',
        message: 'the image of service "checkout" has 6144 bytes (6.0 KiB), its maxSize is 2048 bytes (2.0 KiB)',
        details: ['/srv/large: 3000 bytes (2.9 KiB)', '/srv/small: 1 byte'],
        help: 'make these smaller, or raise maxSize in "services/checkout/builder.yaml"',
      },
    })
    expect(blobs.reads).toEqual([])
  })

  it('counts config and manifest in the size', async () => {
    const file = sampleFile('/app', [blobs.treeFile('', 'x')])
    const { bytes } = await emit(sampleRequest({ files: [file] }))
    expect(await tryEmit(sampleRequest({ image: { maxSize: limit(bytes) }, files: [file] }))).toMatchObject({ ok: true })
    expect(await tryEmit(sampleRequest({ image: { maxSize: limit(bytes - 1) }, files: [file] }))).toMatchObject({
      ok: false,
      error: { id: 'image/too-large' },
    })
  })

  it('reports a blob that the store lost, and a run that was stopped', async () => {
    const entry = blobs.treeFile('', 'binary')
    blobs.contents.delete(digestOf('binary'))
    expect(await tryEmit(sampleRequest({ files: [sampleFile('/app', [entry])] }))).toEqual({
      ok: false,
      error: {
        kind: 'integrity',
        id: 'image/content-lost',
        message: `the store lost a part of an image: blob ${digestOf('binary')} is missing`,
        details: [],
        help: 'run orchestrate apply again: it builds what is missing',
      },
    })
    const stopped = await createImageEmitter(deps()).emit(sampleRequest(), AbortSignal.abort())
    expect(stopped).toEqual({
      ok: false,
      error: {
        kind: 'environment',
        id: 'image/cancelled',
        message: 'the run was stopped before the image was complete',
        details: [],
        help: null,
      },
    })
  })
})

describe('emit on a base', () => {
  it('puts its layer on the base, whose defaults are below its own', async () => {
    const image = await emit(
      sampleRequest({
        base: rootBase(sampleBase()),
        image: { env: new Map([['LANG', 'C.UTF-8']]), cmd: ['node'] },
        files: [sampleFile('/bin/tool', [blobs.treeFile('', 'tool', true)])],
      }),
    )
    const config: unknown = JSON.parse(Buffer.from(image.config.bytes).toString())
    expect(config).toMatchObject({
      config: { Cmd: ['node'], Env: ['LANG=C.UTF-8', 'PATH=/usr/bin'], User: 'node', WorkingDir: '/home' },
      history: [{ created_by: 'orchestrate: base' }, { created_by: 'orchestrate: files' }],
      rootfs: { diff_ids: image.layers.map((layer) => layer.diffId) },
    })
    const own = await unpackTar(gunzipSync(await bytesOf(image, 1)), { strict: true })
    expect(own.map(({ header }) => [header.name, header.mode])).toEqual([
      ['usr/', 0o751],
      ['usr/bin/', 0o755],
      ['usr/bin/tool', 0o755],
    ])
  })

  it('gives the base layer back byte for byte', async () => {
    const base = sampleBase()
    const image = await emit(sampleRequest({ base: rootBase(base) }))
    expect(image.layers.length).toBe(1)
    expect(gunzipSync(await bytesOf(image, 0)).equals(readFileSync(join(root, 'base.tar')))).toBe(true)
  })

  it('shares the layers of an image that it is based on, and sees what lies in them', async () => {
    const lower = await emit(
      sampleRequest({
        base: rootBase(sampleBase()),
        image: { layers: ['deps'], env: new Map([['A', 'lower']]), user: 'app', entrypoint: ['/bin/sh'], ports: ['80/tcp'] },
        files: [
          sampleFile('/srv', [blobs.treeFile('deps/a', 'A'), { type: 'symlink', path: 'current', target: 'deps' }], {
            layer: 'deps',
            owner: { uid: 5, gid: 6 },
          }),
        ],
      }),
    )
    const upper = await emit(
      sampleRequest({
        base: { kind: 'image', stored: lower.stored },
        image: { env: new Map([['B', 'upper']]) },
        files: [sampleFile('/srv/current/b', [blobs.treeFile('', 'B')])],
      }),
    )
    expect(upper.layers.slice(0, -1).map(({ digest }) => digest)).toEqual(lower.layers.map(({ digest }) => digest))
    expect(configOf(upper)['config']).toEqual({ Env: ['A=lower', 'B=upper', 'LANG=C', 'PATH=/usr/bin'], User: 'app', WorkingDir: '/home' })
    const tar = gunzipSync(await bytesOf(upper, upper.layers.length - 1))
    const members = (await unpackTar(tar, { strict: true })).map(({ header: { name, uid } }) => [name, uid])
    expect(members).toEqual([
      ['srv/', 5],
      ['srv/deps/', 5],
      ['srv/deps/b', 0],
    ])
  })

  it('puts time zones and certificates into the last layer', async () => {
    const timezones = [blobs.treeFile('Europe/Berlin', 'TZif'), { type: 'symlink', path: 'CET', target: 'Europe/Berlin' } as const]
    const image = await emit(sampleRequest({ timezones }))
    expect(await namesOf(image)).toEqual([
      [
        'usr/',
        'usr/share/',
        'usr/share/zoneinfo/',
        'usr/share/zoneinfo/CET',
        'usr/share/zoneinfo/Europe/',
        'usr/share/zoneinfo/Europe/Berlin',
      ],
    ])
  })

  it('reads a base once in the life of the store', async () => {
    const request = sampleRequest({ base: rootBase(sampleBase()) })
    const first = await emit(request)
    blobs.reads.length = 0
    const second = await emit(request)
    expect(blobs.reads).toEqual([])
    expect(second.stored).toEqual(first.stored)
  })

  it('refuses a base that is no tar, and one whose content is another', async () => {
    writeFileSync(join(root, 'base.tar'), 'x'.repeat(2048))
    const base = baseOf(readFileSync(join(root, 'base.tar')))
    const [layer] = base.content.kind === 'layers' ? base.content.layers : []
    const help = 'make the base again with orchestrate lock --update'
    expect(await tryEmit(sampleRequest({ base: rootBase(base) }))).toEqual({
      ok: false,
      error: {
        kind: 'failure',
        id: 'image/base-unreadable',
        message: `layer ${layer?.diffId} of the base is no tar that can be read: a header holds "xxxxxxxx" for a number`,
        details: [],
        help,
      },
    })
    const other = baseOf(Buffer.from('other'))
    expect(await tryEmit(sampleRequest({ base: rootBase(other) }))).toEqual({
      ok: false,
      error: {
        kind: 'integrity',
        id: 'image/base-changed',
        message: `layer ${digestOf('other')} of the base has another content by now`,
        details: [],
        help,
      },
    })
  })
})

describe('reopen', () => {
  it('gives the same image', async () => {
    const image = await emit(sampleRequest({ files: [sampleFile('/app', [blobs.treeFile('', 'binary')])] }))
    const again = await createImageEmitter(deps()).reopen(recordOf(image))
    expect(again?.stored).toEqual(image.stored)
    expect(again?.platform).toEqual(image.platform)
    expect(again === null ? null : digestOf(await bytesOf(again, 0))).toBe(image.layers[0]?.digest)
  })

  it('gives nothing when a part is missing', async () => {
    const image = await emit(sampleRequest())
    const [layer] = image.stored.layers
    const parts: (Digest | undefined)[] = [image.manifest.digest, image.config.digest, layer?.source.blob]
    for (const part of parts) {
      const content = part === undefined ? undefined : blobs.contents.get(part)
      if (part === undefined || content === undefined) throw new Error('the image has no such part')
      blobs.contents.delete(part)
      expect(await createImageEmitter(deps()).reopen(recordOf(image))).toBe(null)
      blobs.contents.set(part, content)
    }
  })
})

const limit = (value: number) => ({ value, span: { file: 'builder.yaml', offset: 0, length: 0 } })

const deps = () => ({ store: { root, blobs } })

const tryEmit = (request: EmissionRequest) => createImageEmitter(deps()).emit(request, new AbortController().signal)

async function emit(request: EmissionRequest): Promise<EmittedImage> {
  const emitted = await tryEmit(request)
  if (!emitted.ok) throw new Error(emitted.error.message)
  return emitted.value
}

async function bytesOf(image: EmittedImage, layer: number): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of image.layers[layer]?.open() ?? []) pieces.push(piece)
  return Buffer.concat(pieces)
}

function configOf(image: EmittedImage): Record<string, unknown> {
  return JSON.parse(Buffer.from(image.config.bytes).toString())
}

/** The names in each layer. */
async function namesOf(image: EmittedImage): Promise<string[][]> {
  const names: string[][] = []
  for (const index of image.layers.keys()) {
    const members = await unpackTar(gunzipSync(await bytesOf(image, index)), { strict: true })
    names.push(members.map(({ header }) => header.name))
  }
  return names
}

function sampleBase(): RootFilesystem {
  execFileSync(
    'sh',
    ['-c', 'mkdir -p base/usr/bin && chmod 751 base/usr && ln -s usr/bin base/bin && tar -C base --owner=0 --group=0 -cf base.tar .'],
    { cwd: root },
  )
  return baseOf(readFileSync(join(root, 'base.tar')))
}

const rootBase = (base: RootFilesystem) => ({ kind: 'root', root: base }) as const

function baseOf(tar: Buffer): RootFilesystem {
  return {
    identity: digestOf('base'),
    platform: { os: 'linux', architecture: 'amd64', variant: null },
    env: new Map([
      ['PATH', '/usr/bin'],
      ['LANG', 'C'],
    ]),
    user: 'node',
    workdir: '/home',
    size: tar.length,
    content: { kind: 'layers', layers: [{ diffId: digestOf(tar), size: tar.length, file: join(root, 'base.tar') }] },
  }
}

function recordOf(image: EmittedImage): ImageRecord {
  return {
    schema: 1,
    kind: 'image',
    fingerprint: digestOf('fingerprint'),
    target: 'checkout:image' as ImageRecord['target'],
    durationMs: 0,
    finishedAt: 0,
    toolchainBytes: null,
    ...image.stored,
  }
}
