import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { digestHex, digestOf } from '@orchestrate/core'
import { unpackTar } from 'modern-tar'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { dockerArchive } from './docker-archive.ts'
import { dockerArchiveSink } from './docker-archive-sink.ts'
import { twoLayerImage } from './sample-image.ts'

const never = new AbortController().signal

describe('dockerArchive', () => {
  it('holds an OCI layout and the manifest of docker save, sorted', async () => {
    const image = twoLayerImage('a')
    const files = await unpack(dockerArchive(image, ['shop/a:1', 'ghcr.io/acme/a:2'], { omitLayers: 0 }))
    const blobs = [image.manifest.digest, image.config.digest, ...image.layers.map((layer) => layer.digest)].map(
      (digest) => `blobs/sha256/${digestHex(digest)}`,
    )
    expect([...files.keys()]).toEqual(['blobs/', 'blobs/sha256/', ...blobs.toSorted(), 'index.json', 'manifest.json', 'oci-layout'])
    for (const [name, content] of files)
      if (blobs.includes(name)) expect(digestOf(content)).toBe(`sha256:${name.slice('blobs/sha256/'.length)}`)
    expect(files.get('oci-layout')?.toString()).toBe('{"imageLayoutVersion":"1.0.0"}')
    expect(JSON.parse(files.get('manifest.json')?.toString() ?? '')).toEqual([
      { Config: blobs[1], RepoTags: ['shop/a:1', 'ghcr.io/acme/a:2'], Layers: [blobs[2], blobs[3]] },
    ])
    const descriptor = {
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      digest: image.manifest.digest,
      size: image.manifest.bytes.length,
    }
    expect(JSON.parse(files.get('index.json')?.toString() ?? '')).toEqual({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.index.v1+json',
      manifests: [
        {
          ...descriptor,
          annotations: { 'org.opencontainers.image.ref.name': 'ghcr.io/acme/a:2', 'io.containerd.image.name': 'ghcr.io/acme/a:2' },
        },
        {
          ...descriptor,
          annotations: { 'org.opencontainers.image.ref.name': 'shop/a:1', 'io.containerd.image.name': 'docker.io/shop/a:1' },
        },
      ],
    })
  })

  it('leaves out the leading layers that the engine holds, but names them', async () => {
    const image = twoLayerImage('a')
    const files = await unpack(dockerArchive(image, ['shop/a:1'], { omitLayers: 1 }))
    const [lower, upper] = image.layers.map((layer) => `blobs/sha256/${digestHex(layer.digest)}`)
    expect(files.has(lower ?? '')).toBe(false)
    expect(files.has(upper ?? '')).toBe(true)
    expect(JSON.parse(files.get('manifest.json')?.toString() ?? '')).toMatchObject([{ Layers: [lower, upper] }])
  })
})

describe('dockerArchiveSink', () => {
  let root: string

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'image-archive-'))
  })

  afterEach(() => rmSync(root, { recursive: true }))

  it('gathers everything that is delivered, in whatever order', async () => {
    const [one, two] = [join(root, 'new', 'one.tar'), join(root, 'two.tar')]
    const sink = dockerArchiveSink(one)
    await Promise.all([sink.deliver(twoLayerImage('a'), ['shop/a:1'], never), sink.deliver(twoLayerImage('b'), ['shop/b:1'], never)])
    const other = dockerArchiveSink(two)
    await other.deliver(twoLayerImage('b'), ['shop/b:1'], never)
    await other.deliver(twoLayerImage('a'), ['shop/a:1'], never)
    expect(readFileSync(one).equals(readFileSync(two))).toBe(true)
    const files = await unpack([readFileSync(one)])
    expect(JSON.parse(files.get('manifest.json')?.toString() ?? '')).toMatchObject([{ RepoTags: ['shop/a:1'] }, { RepoTags: ['shop/b:1'] }])
    expect(readdirSync(join(root, 'new'))).toEqual(['one.tar'])
  })

  it('writes nothing for an image that it has written already', async () => {
    const sink = dockerArchiveSink(join(root, 'one.tar'))
    const first = await sink.deliver(twoLayerImage('a'), ['shop/a:1'], never)
    expect(first).toEqual({ ok: true, value: { references: ['shop/a:1'], sentBytes: readFileSync(join(root, 'one.tar')).length } })
    expect(await sink.deliver(twoLayerImage('a'), ['shop/a:1'], never)).toEqual({
      ok: true,
      value: { references: ['shop/a:1'], sentBytes: 0 },
    })
  })

  it('refuses to write through a symlink', async () => {
    const file = join(root, 'link.tar')
    symlinkSync('/dev/null', file)
    expect(await dockerArchiveSink(file).deliver(twoLayerImage('a'), ['shop/a:1'], never)).toEqual({
      ok: false,
      error: {
        kind: 'environment',
        id: 'image/output-refused',
        message: `will not write images to "${file}": something else than a file is there`,
        details: [],
        help: 'choose another path',
      },
    })
  })
})

async function unpack(archive: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<Map<string, Buffer>> {
  const pieces: Uint8Array[] = []
  for await (const piece of archive) pieces.push(piece)
  const entries = await unpackTar(Buffer.concat(pieces), { strict: true })
  return new Map(entries.map(({ header, data }) => [header.name, Buffer.from(data ?? [])]))
}
