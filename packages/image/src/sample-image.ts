import { readFile } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'
import type { Image } from '@orchestrate/config'
import { type Digest, digestOf, ok } from '@orchestrate/core'
import type { EmissionFile, EmissionRequest, EmittedImage } from '@orchestrate/execute'
import { type Blobs, IntegrityError, type TreeEntry } from '@orchestrate/store'

/** For this package's tests: blobs in memory, with the errors of the real ones. */
export class MemoryBlobs implements Blobs {
  readonly contents = new Map<Digest, Buffer>()
  /** Digests in the order in which they were read. */
  readonly reads: Digest[] = []

  async put(content: AsyncIterable<Uint8Array> | Uint8Array | string) {
    const pieces: Uint8Array[] = []
    if (typeof content === 'string') pieces.push(Buffer.from(content))
    else if (content instanceof Uint8Array) pieces.push(content)
    else for await (const piece of content) pieces.push(piece)
    const bytes = Buffer.concat(pieces)
    this.contents.set(digestOf(bytes), bytes)
    return ok({ digest: digestOf(bytes), size: bytes.length })
  }

  async copyFile(path: string, expected: Digest) {
    const bytes = await readFile(path)
    return digestOf(bytes) === expected ? this.put(bytes) : ok(null)
  }

  has = async (digest: Digest) => this.contents.has(digest)

  async *read(digest: Digest) {
    this.reads.push(digest)
    const bytes = this.contents.get(digest)
    if (bytes === undefined) throw new IntegrityError(digest, `blob ${digest} is missing`)
    yield bytes
  }

  text = async (digest: Digest) => this.contents.get(digest)?.toString() ?? null

  size = async (digest: Digest) => this.contents.get(digest)?.length ?? null

  verify = async (digests: readonly Digest[]) => digests.filter((digest) => !this.contents.has(digest))

  /** Nothing here has a path. */
  file = (): Promise<never> => Promise.reject(new Error('these blobs are in memory'))

  /** A tree entry for a file of this content. */
  treeFile(path: string, content: string, executable = false): TreeEntry {
    const bytes = Buffer.from(content)
    this.contents.set(digestOf(bytes), bytes)
    return { type: 'file', path, digest: digestOf(bytes), size: bytes.length, executable }
  }
}

/** An image from scratch without any file. */
export function sampleRequest(fields: { readonly image?: Partial<Image> } & Partial<Omit<EmissionRequest, 'image'>> = {}): EmissionRequest {
  const { image, ...rest } = fields
  return {
    platform: { os: 'linux', architecture: 'amd64', variant: null },
    base: null,
    files: [],
    certificates: null,
    timezones: null,
    ...rest,
    image: sampleImage(image),
  }
}

export function sampleFile(to: string, entries: readonly TreeEntry[], fields: Partial<EmissionFile> = {}): EmissionFile {
  return { to, name: 'app', mode: null, owner: null, layer: null, entries, ...fields }
}

function sampleImage(fields: Partial<Image> = {}): Image {
  return {
    service: 'checkout',
    span: { file: 'services/checkout/builder.yaml', offset: 0, length: 0 },
    from: { kind: 'scratch' },
    gates: [],
    files: [],
    layers: [],
    entrypoint: null,
    cmd: null,
    env: new Map(),
    workdir: null,
    user: null,
    ports: [],
    volumes: [],
    stopSignal: null,
    healthcheck: null,
    labels: new Map(),
    annotations: new Map(),
    tags: ['latest'],
    repository: 'shop/checkout',
    caCertificates: false,
    timezones: false,
    maxSize: null,
    created: 315_619_200,
    ...fields,
  }
}

/** An image of two layers whose contents are derived from `seed`; its layers need no store. */
export function twoLayerImage(seed: string): EmittedImage {
  const layers = ['lower', `upper ${seed}`].map((text) => {
    const compressed = gzipSync(text)
    const sizes = { size: compressed.length, uncompressedSize: text.length }
    return { digest: digestOf(compressed), diffId: digestOf(text), ...sizes, open: () => streamOf(compressed) }
  })
  const config = contentOf({ rootfs: layers.map((layer) => layer.diffId) })
  const manifest = contentOf({ config: config.digest, layers: layers.map((layer) => layer.digest) })
  const stored = layers.map(({ digest, size, diffId, uncompressedSize }) => ({
    digest,
    size,
    diffId,
    uncompressedSize,
    source: { kind: 'tar', blob: diffId } as const,
  }))
  return {
    platform: { os: 'linux', architecture: 'amd64', variant: null },
    manifest,
    config,
    layers,
    bytes: 0,
    stored: { manifest: manifest.digest, config: config.digest, layers: stored, bytes: 0 },
  }
}

function contentOf(value: unknown) {
  const bytes = Buffer.from(JSON.stringify(value))
  return { digest: digestOf(bytes), bytes }
}

async function* streamOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
