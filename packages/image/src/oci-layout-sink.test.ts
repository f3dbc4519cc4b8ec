import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { digestHex, digestOf } from '@orchestrate/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ociLayoutSink } from './oci-layout-sink.ts'
import { twoLayerImage } from './sample-image.ts'

const never = new AbortController().signal

let root: string
let layout: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'image-layout-'))
  layout = join(root, 'out', 'images')
})

afterEach(() => rmSync(root, { recursive: true }))

describe('ociLayoutSink', () => {
  it('writes a layout whose blobs are what they are called', async () => {
    const image = twoLayerImage('a')
    const delivered = await ociLayoutSink(layout).deliver(image, ['shop/a:1'], never)
    expect(readdirSync(layout).toSorted()).toEqual(['blobs', 'index.json', 'oci-layout'])
    const blobs = readdirSync(join(layout, 'blobs/sha256'))
    expect(blobs.toSorted()).toEqual(
      [image.manifest.digest, image.config.digest, ...image.layers.map((layer) => layer.digest)].map(digestHex).toSorted(),
    )
    for (const name of blobs) expect(digestHex(digestOf(readFileSync(join(layout, 'blobs/sha256', name))))).toBe(name)
    const written = ['index.json', ...blobs.map((name) => `blobs/sha256/${name}`)].reduce(
      (sum, path) => sum + statSync(join(layout, path)).size,
      0,
    )
    expect(delivered).toEqual({ ok: true, value: { references: ['shop/a:1'], sentBytes: written } })
  })

  it('writes nothing a second time', async () => {
    await ociLayoutSink(layout).deliver(twoLayerImage('a'), ['shop/a:1'], never)
    const before = lstatSync(join(layout, 'index.json')).ino
    expect(await ociLayoutSink(layout).deliver(twoLayerImage('a'), ['shop/a:1'], never)).toEqual({
      ok: true,
      value: { references: ['shop/a:1'], sentBytes: 0 },
    })
    expect(lstatSync(join(layout, 'index.json')).ino).toBe(before)
  })

  it('writes a blob again that is not of the right size', async () => {
    const image = twoLayerImage('a')
    await ociLayoutSink(layout).deliver(image, ['shop/a:1'], never)
    const blob = join(layout, 'blobs/sha256', digestHex(image.config.digest))
    writeFileSync(blob, 'cut')
    await ociLayoutSink(layout).deliver(image, ['shop/a:1'], never)
    expect(digestOf(readFileSync(blob))).toBe(image.config.digest)
  })

  it('keeps what is there, and moves names', async () => {
    await ociLayoutSink(layout).deliver(twoLayerImage('a'), ['shop/a:1'], never)
    const index = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')) as { manifests: unknown[] }
    const foreign = { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: digestOf('foreign'), size: 7, score: 0.5 }
    writeFileSync(join(layout, 'index.json'), JSON.stringify({ ...index, manifests: [...index.manifests, foreign] }))
    await ociLayoutSink(layout).deliver(twoLayerImage('b'), ['shop/b:1', 'shop/a:1'], never)
    expect(named(layout)).toEqual([
      [undefined, digestOf('foreign')],
      ['shop/a:1', twoLayerImage('b').manifest.digest],
      ['shop/b:1', twoLayerImage('b').manifest.digest],
    ])
    expect(readFileSync(join(layout, 'index.json'), 'utf8')).toContain('"score":0.5')
  })

  it('merges concurrent deliveries of one run', async () => {
    const sink = ociLayoutSink(layout)
    const names = Array.from({ length: 20 }, (_, index) => `shop/s${String(index).padStart(2, '0')}:1`)
    await Promise.all(names.map((name) => sink.deliver(twoLayerImage(name), [name], never)))
    expect(named(layout)).toEqual(names.map((name) => [name, twoLayerImage(name).manifest.digest]))
  })

  it.each([
    [
      'a directory that holds something else',
      (path: string) => writeFileSync(join(path, 'precious'), ''),
      'it is not empty and holds no OCI layout',
    ],
    ['a mark of another kind', (path: string) => writeFileSync(join(path, 'oci-layout'), 'x'), 'its "oci-layout" is of another kind'],
  ])('refuses %s', async (_, prepare, why) => {
    mkdirSync(layout, { recursive: true })
    prepare(layout)
    const before = readdirSync(layout)
    expect(await ociLayoutSink(layout).deliver(twoLayerImage('a'), ['shop/a:1'], never)).toEqual(refused(layout, why))
    expect(readdirSync(layout)).toEqual(before)
  })

  it('refuses symlinks in place of the layout and of its parts', async () => {
    mkdirSync(join(root, 'elsewhere'))
    symlinkSync('elsewhere', join(root, 'link'))
    const link = join(root, 'link')
    expect(await ociLayoutSink(link).deliver(twoLayerImage('a'), ['shop/a:1'], never)).toEqual(refused(link, `"${link}" is a symlink`))
    mkdirSync(layout, { recursive: true })
    symlinkSync(join(root, 'elsewhere'), join(layout, 'blobs'))
    const refusal = refused(layout, `"${join(layout, 'blobs')}" is a symlink`)
    expect(await ociLayoutSink(layout).deliver(twoLayerImage('a'), ['shop/a:1'], never)).toEqual(refusal)
    expect(readdirSync(join(root, 'elsewhere'))).toEqual([])
  })

  it('says what the operating system refused', async () => {
    writeFileSync(join(root, 'out'), '')
    expect(await ociLayoutSink(layout).deliver(twoLayerImage('a'), ['shop/a:1'], never)).toEqual({
      ok: false,
      error: {
        kind: 'environment',
        id: 'image/output-unwritable',
        message: `cannot write images to "${layout}": a part of the path is a file`,
        details: [],
        help: 'make room there or choose another destination',
      },
    })
  })

  it('never shows a layer whose bytes are not what its digest says', async () => {
    const image = twoLayerImage('a')
    const layers = image.layers.map((layer) => ({ ...layer, open: () => [Buffer.alloc(layer.size)] }))
    const broken = { ...image, layers: layers.map((layer) => ({ ...layer, open: () => stream(layer.open()) })) }
    const delivered = await ociLayoutSink(layout).deliver(broken, ['shop/a:1'], never)
    expect(delivered).toEqual({
      ok: false,
      error: {
        kind: 'integrity',
        id: 'image/content-lost',
        message: `the store lost a part of an image: the bytes of ${image.layers[0]?.digest} have changed`,
        details: [],
        help: 'run orchestrate apply again: it builds what is missing',
      },
    })
    expect(readdirSync(join(layout, 'blobs/sha256'))).toEqual([])
  })
})

function named(directory: string): [string | undefined, string][] {
  const index = JSON.parse(readFileSync(join(directory, 'index.json'), 'utf8')) as {
    manifests: { digest: string; annotations?: Record<string, string> }[]
  }
  return index.manifests.map(({ digest, annotations }) => [annotations?.['org.opencontainers.image.ref.name'], digest])
}

async function* stream(pieces: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* pieces
}

function refused(directory: string, why: string) {
  return {
    ok: false,
    error: {
      kind: 'environment',
      id: 'image/output-refused',
      message: `will not write images to "${directory}": ${why}`,
      details: [],
      help: 'choose a new or empty directory, or one that holds an OCI layout',
    },
  }
}
