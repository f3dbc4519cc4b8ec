import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { ArchiveSource } from '@orchestrate/config'
import { digestHex, digestOf, parseWorkspacePath, type WorkspacePath } from '@orchestrate/core'
import { openStore, type Store } from '@orchestrate/store'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { toolchainIdentity } from '../identity.ts'
import { sampleTar } from '../sample-tar.ts'
import { samplePlatform } from '../sample-toolchains.ts'
import { importArchive } from './import-archive.ts'

let workspace: string
let store: Store

beforeEach(async () => {
  const directory = mkdtempSync(join(tmpdir(), 'import-archive-'))
  workspace = join(directory, 'workspace')
  mkdirSync(workspace)
  const opened = await openStore({ root: join(directory, 'store'), clock: { now: () => 0, monotonic: () => 0 } })
  if (!opened.ok) throw new Error(opened.error.message)
  store = opened.value
})

afterEach(() => rmSync(join(workspace, '..'), { recursive: true, force: true }))

const LOWER = sampleTar({ 'etc/motd': 'lower', 'bin/sh': 'sh' })
const UPPER = sampleTar({ 'etc/.wh.motd': '' })
const CONFIG = {
  os: samplePlatform.os,
  architecture: samplePlatform.architecture,
  config: { Env: ['PATH=/bin', 'A=b=c'], User: '1000', WorkingDir: '' },
  rootfs: { type: 'layers', diff_ids: [digestOf(LOWER), digestOf(UPPER)] },
}
const ROOT = {
  diffIds: [digestOf(LOWER), digestOf(UPPER)],
  env: new Map([
    ['PATH', '/bin'],
    ['A', 'b=c'],
  ]),
  user: '1000',
  workdir: null,
  platform: samplePlatform,
}

describe('an image on disk', () => {
  it('of a layout has the identity that it has in an engine, its layers plain or gzip', async () => {
    writeLayout({ layers: [gzipSync(LOWER), UPPER] })
    const imported = await importOf('oci:image')
    if (!imported.ok) throw new Error(JSON.stringify(imported.error))
    expect(toolchainIdentity(imported.value.root)).toBe(toolchainIdentity(ROOT))
    expect(imported.value).toEqual({
      root: ROOT,
      size: LOWER.length + UPPER.length,
      layers: [LOWER, UPPER].map((tar) => ({ digest: digestOf(tar), size: tar.length })),
      image: null,
      source: { kind: 'archive', path: 'oci:image', archive: digestOf(readFileSync(join(workspace, 'image/index.json'))) },
    })
  })

  it('of a docker archive has the same one', async () => {
    writeArchive([{ Config: 'config.json', RepoTags: ['go:1.24'], Layers: ['a/layer.tar', 'b/layer.tar'] }])
    const imported = await importOf('docker-archive:image.tar:go:1.24')
    expect(imported.ok && imported.value.root).toEqual(ROOT)
    expect(imported.ok && imported.value.source).toEqual({
      kind: 'archive',
      path: 'docker-archive:image.tar:go:1.24',
      archive: digestOf(readFileSync(join(workspace, 'image.tar'))),
    })
  })

  it('is chosen by its name and its platform', async () => {
    const other = blob(JSON.stringify({ manifests: [] }))
    writeLayout({ tag: '1.24', index: (manifest) => [{ ...other, annotations: { [NAME]: 'other' } }, manifest] })
    expect(await importOf('oci:image:1.24')).toMatchObject({ ok: true, value: { root: ROOT } })
    expect(await faultOf('oci:image')).toBe('toolchain/archive-unusable: it has 2 images; name one of them: other, 1.24')
    expect(await faultOf('oci:image:1.25')).toBe('toolchain/archive-unusable: it has no image "1.25"; its images: other, 1.24')
    expect(await faultOf('oci:image:other')).toMatch(/^toolchain\/archive-unusable: it has no image for linux\//)
  })

  it('of another platform, and one that is not there, cannot be used', async () => {
    writeLayout({ config: { ...CONFIG, architecture: 's390x' } })
    expect(await faultOf('oci:image')).toMatch(/^toolchain\/archive-unusable: it is for linux\/s390x, and linux\/.* is wanted$/)
    expect(await faultOf('oci:none')).toMatch(/^toolchain\/archive-unusable: it cannot be read: ENOENT/)
  })
})

describe('an image that is not what it says', () => {
  it.each<readonly [string, LayoutFields, string]>([
    [
      'a layer of another content',
      { spoil: { layer: Buffer.from('x') } },
      `layer ${digestOf(LOWER)} has 1 bytes instead of ${LOWER.length}`,
    ],
    [
      'a layer of a changed byte',
      { spoil: { layer: changedByte(LOWER) } },
      `layer ${digestOf(LOWER)} has the content of ${digestOf(changedByte(LOWER))}`,
    ],
    ['a config of another content', { spoil: { config: '{"os":"linux"}' } }, 'instead of'],
    [
      'layers that its config does not name',
      { config: { ...CONFIG, rootfs: { type: 'layers', diff_ids: [digestOf(LOWER)] } } },
      'it has 2 layers, and its config names 1',
    ],
    [
      'another DiffID',
      { config: { ...CONFIG, rootfs: { type: 'layers', diff_ids: [digestOf(LOWER), digestOf('x')] } } },
      `layer ${digestOf(UPPER)} is ${digestOf(UPPER)}, and the config says ${digestOf('x')}`,
    ],
    ['a manifest that is an index too', { manifest: { manifests: [] } }, 'a manifest is both an index and an image'],
    [
      'a manifest of another type',
      { manifest: { mediaType: 'application/vnd.oci.image.index.v1+json' } },
      'a manifest is not the "application/vnd.oci.image.index.v1+json" that it says it is',
    ],
    [
      'a damaged gzip layer',
      { layers: [gzipSync(LOWER).subarray(0, 60), UPPER] },
      'a layer cannot be decompressed: unexpected end of file',
    ],
  ])('with %s is an integrity error', async (_, fields, detail) => {
    writeLayout(fields)
    expect(await faultOf('oci:image')).toMatch(/^toolchain\/archive-invalid: /)
    expect(await faultOf('oci:image')).toContain(detail)
  })

  it('says what to do about zstd, which this Node does not read', async () => {
    writeLayout({ layers: [Buffer.from('28b52ffd00000000', 'hex'), UPPER] })
    expect(await faultOf('oci:image')).toMatch(
      /^toolchain\/archive-unusable: layer .* is compressed with zstd: write the image with gzip layers$/,
    )
  })

  it('lacks a layer, or is no archive', async () => {
    writeArchive([{ Config: 'config.json', Layers: ['a/layer.tar', 'c/layer.tar'] }])
    expect(await faultOf('docker-archive:image.tar')).toBe('toolchain/archive-invalid: it lacks "c/layer.tar"')
    writeFileSync(join(workspace, 'image.tar'), 'x'.repeat(1024))
    expect(await faultOf('docker-archive:image.tar')).toBe('toolchain/archive-invalid: a header holds no number where one belongs')
  })
})

const NAME = 'org.opencontainers.image.ref.name'

interface LayoutFields {
  readonly layers?: readonly Buffer[]
  readonly config?: object
  readonly manifest?: object
  readonly tag?: string
  readonly index?: (manifest: object) => readonly object[]
  /** Other bytes than the descriptors say. */
  readonly spoil?: { readonly layer?: Buffer; readonly config?: string }
}

function writeLayout({ layers = [LOWER, UPPER], config = CONFIG, manifest = {}, tag, index, spoil = {} }: LayoutFields): void {
  const configBlob = blob(JSON.stringify(config))
  const layerBlobs = layers.map((layer) => blob(layer))
  const descriptor = blob(JSON.stringify({ schemaVersion: 2, config: configBlob, layers: layerBlobs, ...manifest }))
  const named = { ...descriptor, ...(tag === undefined ? {} : { annotations: { [NAME]: tag } }) }
  write('image/index.json', JSON.stringify({ schemaVersion: 2, manifests: index?.(named) ?? [named] }))
  if (spoil.layer !== undefined) write(fileOf(layers[0] ?? LOWER), spoil.layer)
  if (spoil.config !== undefined) write(fileOf(JSON.stringify(config)), spoil.config)
}

function blob(content: Buffer | string): { readonly digest: string; readonly size: number } {
  write(fileOf(content), content)
  return { digest: digestOf(content), size: Buffer.byteLength(content) }
}

const fileOf = (content: Buffer | string): string => `image/blobs/sha256/${digestHex(digestOf(content))}`

function writeArchive(manifest: readonly object[]): void {
  write('tree/manifest.json', JSON.stringify(manifest))
  write('tree/config.json', JSON.stringify(CONFIG))
  write('tree/a/layer.tar', LOWER)
  write('tree/b/layer.tar', UPPER)
  execFileSync('tar', ['-C', join(workspace, 'tree'), '-cf', join(workspace, 'image.tar'), '.'])
}

function write(path: string, content: Buffer | string): void {
  mkdirSync(dirname(join(workspace, path)), { recursive: true })
  writeFileSync(join(workspace, path), content)
}

function changedByte(content: Buffer): Buffer {
  const changed = Buffer.from(content)
  changed.writeUInt8(changed.readUInt8(changed.length - 1) ^ 1, changed.length - 1)
  return changed
}

async function importOf(written: string) {
  return importArchive({ name: 'go', workspace, source: sourceOf(written), platform: samplePlatform }, store, new AbortController().signal)
}

async function faultOf(written: string): Promise<string> {
  const imported = await importOf(written)
  return imported.ok ? '' : `${imported.error.id}: ${imported.error.details.join()}`
}

function sourceOf(written: string): ArchiveSource {
  const [, format, place = '', reference] = /^([^:]+):([^:]+)(?::(.+))?$/.exec(written) ?? []
  const isLayout = format === 'oci'
  const pinned = isLayout ? `${place}/index.json` : place
  return {
    kind: 'archive',
    format: isLayout ? 'oci' : 'docker-archive',
    path: pathOf(place),
    pinned: pathOf(pinned),
    reference: reference ?? null,
    written,
  }
}

function pathOf(text: string): WorkspacePath {
  const path = parseWorkspacePath(text)
  if (path === null) throw new Error(text)
  return path
}
