import { join } from 'node:path'
import {
  type Digest,
  digestOf,
  type EnvironmentError,
  err,
  type Failure,
  failure,
  ok,
  type Platform,
  type Result,
  type Trouble,
} from '@orchestrate/core'
import type { EmissionRequest, EmittedImage, ImageEmitter } from '@orchestrate/execute'
import type { Blobs, ImageRecord, Store, StoredLayer } from '@orchestrate/store'
import { type BaseLayers, createBaseLayers } from './base-layers.ts'
import { encodeConfig, type LayerOrigin, platformOfConfig, type ProcessDefaults } from './image-config.ts'
import { encodeManifest } from './image-manifest.ts'
import { streamTrouble } from './stream-trouble.ts'
import { entriesSize, type LayerFacts, measureLayer, openLayer, streamEntries } from './layer-bytes.ts'
import { encodeLayerEntries, type LayerEntry } from './layer-entries.ts'
import { createLayerMemory, type LayerMemory } from './layer-memory.ts'
import { type OwnLayer, placeFiles } from './place-files.ts'
import { checkMaxSize, layersSize } from './max-size.ts'

/**
 * Emits images into the store. A layer is stored as the list of its entries, and its bytes are streamed again whenever
 * somebody wants them; facts about layers are remembered under `layers/` in the store's directory.
 */
export function createImageEmitter(deps: { readonly store: Pick<Store, 'root' | 'blobs'> }): ImageEmitter {
  const { blobs, root } = deps.store
  const memory = createLayerMemory(join(root, 'layers'))
  const emitter = new Emitter(blobs, memory, createBaseLayers(blobs, memory))
  return {
    emit: async (request, signal) => {
      try {
        return await emitter.emit(request, signal)
      } catch (error) {
        const trouble = streamTrouble(error, signal)
        if (trouble === null) throw error
        return err(trouble)
      }
    },
    reopen: (record) => reopen(record, blobs),
  }
}

class Emitter {
  readonly #blobs: Blobs
  readonly #memory: LayerMemory
  readonly #bases: BaseLayers

  constructor(blobs: Blobs, memory: LayerMemory, bases: BaseLayers) {
    this.#blobs = blobs
    this.#memory = memory
    this.#bases = bases
  }

  async emit(request: EmissionRequest, signal: AbortSignal): Promise<Result<EmittedImage, Trouble>> {
    signal.throwIfAborted()
    const base = await this.#bases.open(request.base, signal)
    if (!base.ok) return base
    const placed = placeFiles(request, base.value.listing)
    if (!placed.ok) return placed
    const own = atLeastOneLayer(placed.value, base.value.layers)
    const content = { image: request.image, own, base: base.value.layers }
    const tooLarge = checkMaxSize(content, layersSize(content))
    if (tooLarge !== null) return err(tooLarge)
    const layers: { readonly layer: StoredLayer; readonly origin: LayerOrigin }[] = base.value.layers.map((layer) => ({
      layer,
      origin: { kind: 'base' },
    }))
    for (const { name, entries } of own) {
      const stored = await this.#storeLayer(entries, signal)
      if (!stored.ok) return stored
      layers.push({ layer: stored.value, origin: { kind: 'files', layer: name } })
    }
    if (layers.length > MAX_LAYERS) return err(tooManyLayers(request.image.service, layers.length))
    const image = await this.#storeImage(request, base.value.defaults, layers)
    // Config and manifest count too: `bytes` is the size that people are shown.
    const tooLargeInAll = image.ok ? checkMaxSize(content, image.value.bytes) : null
    return tooLargeInAll === null ? image : err(tooLargeInAll)
  }

  async #storeLayer(entries: readonly LayerEntry[], signal: AbortSignal): Promise<Result<StoredLayer, EnvironmentError>> {
    const description = encodeLayerEntries(entries)
    const source = { kind: 'entries', blob: digestOf(description) } as const
    // The layer is hashed while the disk takes its description.
    const [stored, facts] = await Promise.all([this.#blobs.put(description), this.#measure(source.blob, entries, signal)])
    if (!stored.ok) return stored
    return facts.ok ? ok({ ...facts.value, source }) : facts
  }

  async #measure(source: Digest, entries: readonly LayerEntry[], signal: AbortSignal): Promise<Result<LayerFacts, EnvironmentError>> {
    const remembered = await this.#memory.recall(source)
    if (remembered !== null) {
      const { digest, size, diffId, uncompressedSize } = remembered
      return ok({ digest, size, diffId, uncompressedSize })
    }
    const facts = await measureLayer(streamEntries(entries, this.#blobs), entriesSize(entries), { signal })
    const kept = await this.#memory.remember(source, { ...facts, listing: null })
    return kept.ok ? ok(facts) : kept
  }

  async #storeImage(
    request: EmissionRequest,
    defaults: ProcessDefaults,
    stack: readonly { readonly layer: StoredLayer; readonly origin: LayerOrigin }[],
  ): Promise<Result<EmittedImage, EnvironmentError>> {
    const layers = stack.map(({ layer }) => layer)
    const configText = encodeConfig(request, defaults, stack)
    const config = { digest: digestOf(configText), size: Buffer.byteLength(configText) }
    const manifestText = encodeManifest(config, layers, request.image.annotations)
    const stored = await Promise.all([configText, manifestText].map((text) => this.#blobs.put(text)))
    const failed = stored.find((blob) => !blob.ok)
    if (failed !== undefined && !failed.ok) return failed
    return ok(openImage({ platform: request.platform, manifestText, configText, layers }, this.#blobs))
  }
}

/** A manifest needs at least one layer, even where there is nothing to put into it. */
function atLeastOneLayer(own: readonly OwnLayer[], base: readonly StoredLayer[]): readonly OwnLayer[] {
  return own.length > 0 || base.length > 0 ? own : [{ name: null, entries: [] }]
}

/** Docker's graph drivers stack no more. */
const MAX_LAYERS = 125

function tooManyLayers(service: string, count: number): Failure {
  return failure({
    id: 'image/too-many-layers',
    message: `the image of service "${service}" has ${count} layers, engines accept ${MAX_LAYERS}`,
    help: 'use a base with fewer layers',
  })
}

async function reopen(record: ImageRecord, blobs: Blobs): Promise<EmittedImage | null> {
  const manifestText = await blobs.text(record.manifest)
  const configText = await blobs.text(record.config)
  if (manifestText === null || configText === null) return null
  for (const { source } of record.layers) if (!(await blobs.has(source.blob))) return null
  const platform = platformOfConfig(configText)
  return platform === null ? null : openImage({ platform, manifestText, configText, layers: record.layers }, blobs)
}

interface ImageParts {
  readonly platform: Platform
  readonly manifestText: string
  readonly configText: string
  readonly layers: readonly StoredLayer[]
}

function openImage({ platform, manifestText, configText, layers }: ImageParts, blobs: Blobs): EmittedImage {
  const manifest = { digest: digestOf(manifestText), bytes: Buffer.from(manifestText) }
  const config = { digest: digestOf(configText), bytes: Buffer.from(configText) }
  const layerBytes = layers.reduce((sum, layer) => sum + layer.uncompressedSize, 0)
  const bytes = layerBytes + manifest.bytes.length + config.bytes.length
  return {
    platform,
    manifest,
    config,
    layers: layers.map((layer) => ({
      digest: layer.digest,
      size: layer.size,
      diffId: layer.diffId,
      uncompressedSize: layer.uncompressedSize,
      open: () => openLayer(layer, blobs),
    })),
    bytes,
    stored: { manifest: manifest.digest, config: config.digest, layers, bytes },
  }
}
