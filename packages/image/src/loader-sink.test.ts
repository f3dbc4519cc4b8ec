import { digestHex, type Digest, type EnvironmentError, environmentError, err, ok, type Result } from '@orchestrate/core'
import type { EmittedImage, ImageLoader, LoadedImage } from '@orchestrate/execute'
import { IntegrityError } from '@orchestrate/store'
import { unpackTar } from 'modern-tar'
import { describe, expect, it } from 'vitest'
import { loaderSink } from './loader-sink.ts'
import { twoLayerImage } from './sample-image.ts'

const never = new AbortController().signal
const IMAGE = twoLayerImage('a')
const DIFF_IDS = IMAGE.layers.map((layer) => layer.diffId)

describe('loaderSink', () => {
  it('sends the whole archive to an engine that has nothing', async () => {
    const engine = new FakeEngine()
    const delivered = await loaderSink(engine).deliver(IMAGE, ['shop/a:1', 'shop/a:2'], never)
    expect(delivered).toEqual({ ok: true, value: { references: ['shop/a:1', 'shop/a:2'], sentBytes: engine.received } })
    expect(engine.calls).toEqual(['find shop/a:1', 'find shop/a:2', 'count', 'load 2 layers', 'find shop/a:1', 'find shop/a:2'])
  })

  it.each(['classic', 'containerd'] as const)('sends nothing when the name already means the image on a %s store', async (kind) => {
    const engine = new FakeEngine({ kind, images: [['shop/a:1', IMAGE]] })
    expect(await loaderSink(engine).deliver(IMAGE, ['shop/a:1'], never)).toEqual({
      ok: true,
      value: { references: ['shop/a:1'], sentBytes: 0 },
    })
    expect(engine.calls).toEqual(['find shop/a:1'])
  })

  it('only names an image that is there under another of its names', async () => {
    const engine = new FakeEngine({ images: [['shop/a:1', IMAGE]] })
    expect(await loaderSink(engine).deliver(IMAGE, ['shop/a:1', 'shop/a:2'], never)).toEqual({
      ok: true,
      value: { references: ['shop/a:1', 'shop/a:2'], sentBytes: 0 },
    })
    expect(engine.calls).toEqual(['find shop/a:1', 'find shop/a:2', `tag ${IMAGE.config.digest} shop/a:2`])
  })

  it('leaves out the layers that the engine holds', async () => {
    const engine = new FakeEngine({ presentLayers: 1 })
    await loaderSink(engine).deliver(IMAGE, ['shop/a:1'], never)
    expect(engine.calls).toEqual(['find shop/a:1', 'count', 'load 1 layers', 'find shop/a:1'])
  })

  it('does not ask about the layers of an image that has a small one of its own only', async () => {
    const engine = new FakeEngine({ presentLayers: 1 })
    await loaderSink(engine).deliver(ofFirstLayer(IMAGE, 64 * 1024 * 1024 - 1), ['shop/a:1'], never)
    expect(engine.calls.slice(0, 2)).toEqual(['find shop/a:1', 'load 1 layers'])
  })

  it('asks about a large layer, though it is the only one', async () => {
    const engine = new FakeEngine({ presentLayers: 1 })
    await loaderSink(engine).deliver(ofFirstLayer(IMAGE, 64 * 1024 * 1024), ['shop/a:1'], never)
    expect(engine.calls.slice(0, 2)).toEqual(['find shop/a:1', 'count'])
  })

  it('falls back to the whole archive when the engine refuses less', async () => {
    const engine = new FakeEngine({ presentLayers: 1, needs: 2 })
    expect((await loaderSink(engine).deliver(IMAGE, ['shop/a:1'], never)).ok).toBe(true)
    expect(engine.calls).toEqual(['find shop/a:1', 'count', 'load 1 layers', 'load 2 layers', 'find shop/a:1'])
  })

  it('falls back to the whole archive when less gave another image', async () => {
    const engine = new FakeEngine({ presentLayers: 1, ignoresPartial: true })
    expect((await loaderSink(engine).deliver(IMAGE, ['shop/a:1'], never)).ok).toBe(true)
    expect(engine.calls).toEqual(['find shop/a:1', 'count', 'load 1 layers', 'find shop/a:1', 'load 2 layers', 'find shop/a:1'])
  })

  it('says why the engine refused the whole archive', async () => {
    expect(await loaderSink(new FakeEngine({ needs: 3 })).deliver(IMAGE, ['shop/a:1'], never)).toEqual({
      ok: false,
      error: {
        kind: 'environment',
        id: 'image/load-refused',
        message: 'fake refused image "shop/a:1": layers are missing',
        details: [],
        help: 'see the log of the engine',
      },
    })
  })

  it('does not take an accepted archive for a loaded image', async () => {
    const other = twoLayerImage('b')
    const engine = new FakeEngine({ images: [['shop/a:1', other]], ignoresAll: true })
    expect(await loaderSink(engine).deliver(IMAGE, ['shop/a:1'], never)).toEqual({
      ok: false,
      error: {
        kind: 'environment',
        id: 'image/load-mismatch',
        message: 'fake accepted image "shop/a:1", but has another one under that name',
        details: [`expected: ${IMAGE.config.digest} (config) or ${IMAGE.manifest.digest} (manifest)`, `found: ${other.config.digest}`],
        help: 'another run may have loaded an image of the same name: run orchestrate apply again',
      },
    })
  })

  it('reports content that the store lost, in whatever words the engine complains', async () => {
    const lost = new IntegrityError(IMAGE.config.digest, 'blob is missing')
    const broken: EmittedImage = {
      ...IMAGE,
      layers: IMAGE.layers.map((layer) => ({ ...layer, open: () => failing(lost) })),
    }
    const delivered = await loaderSink(new FakeEngine()).deliver(broken, ['shop/a:1'], never)
    expect(delivered).toMatchObject({
      ok: false,
      error: { id: 'image/content-lost', message: 'the store lost a part of an image: blob is missing' },
    })
  })
})

describe('an expected image', () => {
  it('is uploaded by a call that began before it was there, byte for byte as any other', async () => {
    const engine = new FakeEngine()
    const expected = loaderSink(engine).expect?.(never)
    expect(engine.calls).toEqual([])
    const delivered = await expected?.deliver(IMAGE, ['shop/a:1'])
    const other = new FakeEngine()
    await loaderSink(other).deliver(IMAGE, ['shop/a:1'], never)
    expect(engine.archives).toEqual(other.archives)
    expect(delivered).toEqual({ ok: true, value: { references: ['shop/a:1'], sentBytes: engine.received } })
    expect(engine.calls).toEqual(['find shop/a:1', 'count', 'load 2 layers', 'find shop/a:1'])
  })

  it('is not sent when the name means it already', async () => {
    const engine = new FakeEngine({ images: [['shop/a:1', IMAGE]] })
    expect(await loaderSink(engine).expect?.(never)?.deliver(IMAGE, ['shop/a:1'])).toEqual({
      ok: true,
      value: { references: ['shop/a:1'], sentBytes: 0 },
    })
    expect(engine.calls).toEqual(['find shop/a:1'])
  })

  it('is sent whole by a call of its own when the engine refuses less', async () => {
    const engine = new FakeEngine({ presentLayers: 1, needs: 2 })
    expect((await loaderSink(engine).expect?.(never)?.deliver(IMAGE, ['shop/a:1']))?.ok).toBe(true)
    expect(engine.calls).toEqual(['find shop/a:1', 'count', 'load 1 layers', 'load 2 layers', 'find shop/a:1'])
  })

  it('leaves nothing behind when it is abandoned, and is not expected beside two others', () => {
    const sink = loaderSink(new FakeEngine())
    const two = [sink.expect?.(never), sink.expect?.(never)]
    expect(sink.expect?.(never)).toBeNull()
    for (const expected of two) expected?.abandon()
    expect(sink.expect?.(never)).not.toBeNull()
  })
})

interface FakeOptions {
  readonly kind?: 'classic' | 'containerd'
  readonly images?: readonly (readonly [string, EmittedImage])[]
  readonly presentLayers?: number
  /** Refuses archives with fewer layers. */
  readonly needs?: number
  readonly ignoresPartial?: boolean
  readonly ignoresAll?: boolean
}

/** The image with its first layer alone, said to have `uncompressedSize` bytes. */
function ofFirstLayer(image: EmittedImage, uncompressedSize: number): EmittedImage {
  return { ...image, layers: image.layers.slice(0, 1).map((layer) => ({ ...layer, uncompressedSize })) }
}

class FakeEngine implements ImageLoader {
  readonly destination = 'fake'
  readonly calls: string[] = []
  readonly archives: Buffer[] = []
  received = 0
  readonly #options: FakeOptions
  readonly #images = new Map<string, LoadedImage>()

  constructor(options: FakeOptions = {}) {
    this.#options = options
    for (const [reference, image] of options.images ?? []) this.#images.set(reference, this.#loaded(image))
  }

  survey() {
    this.calls.push('survey')
  }

  async find(reference: string) {
    this.calls.push(`find ${reference}`)
    return ok(this.#images.get(reference) ?? null)
  }

  async countPresentLayers(diffIds: readonly Digest[]) {
    this.calls.push('count')
    return ok(diffIds.length === DIFF_IDS.length ? (this.#options.presentLayers ?? 0) : 0)
  }

  async load(archive: AsyncIterable<Uint8Array>): Promise<Result<{ accepted: boolean; message: string }, EnvironmentError>> {
    const pieces: Uint8Array[] = []
    try {
      for await (const piece of archive) pieces.push(piece)
    } catch {
      return err(environmentError({ id: 'engine/unreachable', message: 'the connection broke' }))
    }
    const bytes = Buffer.concat(pieces)
    this.archives.push(bytes)
    this.received += bytes.length
    const entries = await unpackTar(bytes, { strict: true })
    const names = entries.map(({ header }) => header.name)
    const layers = IMAGE.layers.filter((layer) => names.includes(`blobs/sha256/${digestHex(layer.digest)}`)).length
    this.calls.push(`load ${layers} layers`)
    if (layers < (this.#options.needs ?? 0)) return ok({ accepted: false, message: 'layers are missing' })
    const ignored = this.#options.ignoresAll || (this.#options.ignoresPartial && layers < IMAGE.layers.length)
    if (!ignored) for (const reference of this.#referencesIn(entries)) this.#images.set(reference, this.#loaded(IMAGE))
    return ok({ accepted: true, message: '' })
  }

  async tag(imageId: string, reference: string) {
    this.calls.push(`tag ${imageId} ${reference}`)
    return ok(undefined)
  }

  #referencesIn(entries: Awaited<ReturnType<typeof unpackTar>>): string[] {
    const manifest = entries.find(({ header }) => header.name === 'manifest.json')
    const images = JSON.parse(Buffer.from(manifest?.data ?? []).toString()) as { RepoTags: string[] }[]
    return images.flatMap(({ RepoTags }) => RepoTags)
  }

  #loaded(image: EmittedImage): LoadedImage {
    const id = this.#options.kind === 'containerd' ? image.manifest.digest : image.config.digest
    return { id }
  }
}

async function* failing(error: Error): AsyncGenerator<Uint8Array> {
  yield Buffer.alloc(1)
  throw error
}
