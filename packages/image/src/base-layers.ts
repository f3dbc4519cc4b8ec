import { type Digest, environmentError, err, failure, ok, type Result, type Trouble } from '@orchestrate/core'
import type { EmissionBase, RootFilesystem } from '@orchestrate/execute'
import type { Blobs, ImageRecord, StoredLayer } from '@orchestrate/store'
import {
  type BaseListing,
  createLayerLister,
  decodeLayerListing,
  encodeLayerListing,
  EMPTY_LISTING,
  type LayerListing,
  listEntries,
  mergeListings,
} from './base-listing.ts'
import { defaultsOfConfig, type ProcessDefaults } from './image-config.ts'
import { LostLayerError, measureLayer } from './layer-bytes.ts'
import { decodeLayerEntries } from './layer-entries.ts'
import type { LayerMemory } from './layer-memory.ts'
import { TarFormatError } from './tar-scanner.ts'

/** What an image's own files are put on. */
export interface BaseStack {
  readonly layers: readonly StoredLayer[]
  readonly listing: BaseListing
  readonly defaults: ProcessDefaults
}

/** Reads each base layer once in the life of the store, and once a run for the images that share it. */
export interface BaseLayers {
  /** The stack of `base`, or the empty one for scratch. Errors: `image/base-unreadable`, `image/base-changed`. */
  open(base: EmissionBase | null, signal: AbortSignal): Promise<Result<BaseStack, Trouble>>
}

export function createBaseLayers(blobs: Blobs, memory: LayerMemory): BaseLayers {
  const reader = new BaseLayerReader(blobs, memory)
  const stacks = new Map<string, Promise<Result<BaseStack, Trouble>>>()
  return {
    open: async (base, signal) => {
      if (base === null) return ok(NOTHING)
      const key = keyOf(base)
      const running = stacks.get(key) ?? (base.kind === 'root' ? reader.readRoot(base.root, signal) : reader.readImage(base.stored, signal))
      stacks.set(key, running)
      const result = await forgetOnFailure(running, () => stacks.delete(key))
      return result
    },
  }
}

const NOTHING: BaseStack = { layers: [], listing: EMPTY_LISTING, defaults: { env: new Map(), user: null, workdir: null } }

const keyOf = (base: EmissionBase): string => (base.kind === 'root' ? base.root.identity : base.stored.config)

type LayerFile = Extract<RootFilesystem['content'], { readonly kind: 'layers' }>['layers'][number]

class BaseLayerReader {
  readonly #blobs: Blobs
  readonly #memory: LayerMemory

  constructor(blobs: Blobs, memory: LayerMemory) {
    this.#blobs = blobs
    this.#memory = memory
  }

  async readRoot(root: RootFilesystem, signal: AbortSignal): Promise<Result<BaseStack, Trouble>> {
    if (root.content.kind !== 'layers') throw new Error(`the layers of the base ${root.identity} were not exported from its engine`)
    const read: LayerAndListing[] = []
    for (const file of root.content.layers) {
      const stored = await this.#ensureStored(file)
      if (!stored.ok) return stored
      const layer = await this.#readTar(file, signal)
      if (!layer.ok) return layer
      read.push(layer.value)
    }
    return ok(stackOf(read, { env: root.env, user: root.user, workdir: root.workdir }))
  }

  /** @throws LostLayerError when the store no longer has what the image is made of. */
  async readImage(image: Pick<ImageRecord, 'config' | 'layers'>, signal: AbortSignal): Promise<Result<BaseStack, Trouble>> {
    const read: LayerAndListing[] = []
    for (const layer of image.layers) {
      const { source, diffId, uncompressedSize } = layer
      const listing = source.kind === 'entries' ? await this.#listEntries(source.blob) : null
      const found = listing === null ? await this.#readTar({ diffId, size: uncompressedSize }, signal) : ok({ layer, listing })
      if (!found.ok) return found
      read.push(found.value)
    }
    const text = await this.#blobs.text(image.config)
    const defaults = text === null ? null : defaultsOfConfig(text)
    if (defaults === null) throw new LostLayerError(`the store no longer has the config ${image.config}`)
    return ok(stackOf(read, defaults))
  }

  async #listEntries(blob: Digest): Promise<LayerListing> {
    const text = await this.#blobs.text(blob)
    const entries = text === null ? null : decodeLayerEntries(text)
    if (entries === null) throw new LostLayerError(`the store no longer has the layer description ${blob}`)
    return listEntries(entries)
  }

  async #readTar(file: Pick<LayerFile, 'diffId' | 'size'>, signal: AbortSignal): Promise<Result<LayerAndListing, Trouble>> {
    return (await this.#recall(file.diffId)) ?? this.#read(file, signal)
  }

  /** A tar is the blob of its own DiffID; one that lies outside the store is taken in. */
  async #ensureStored(file: LayerFile): Promise<Result<void, Trouble>> {
    if (await this.#blobs.has(file.diffId)) return ok(undefined)
    const copied = await this.#blobs.copyFile(file.file, file.diffId)
    if (!copied.ok) return copied
    return copied.value === null ? err(changed(file.diffId)) : ok(undefined)
  }

  async #recall(diffId: Digest): Promise<Result<LayerAndListing, Trouble> | null> {
    const remembered = await this.#memory.recall(diffId)
    const text = remembered?.listing ? await this.#blobs.text(remembered.listing) : null
    const listing = text === null ? null : decodeLayerListing(text)
    if (remembered === null || listing === null) return null
    const { digest, size, uncompressedSize } = remembered
    return ok({ layer: { digest, size, diffId, uncompressedSize, source: { kind: 'tar', blob: diffId } }, listing })
  }

  async #read({ diffId, size }: Pick<LayerFile, 'diffId' | 'size'>, signal: AbortSignal): Promise<Result<LayerAndListing, Trouble>> {
    const lister = createLayerLister()
    try {
      const facts = await measureLayer(this.#blobs.read(diffId), size, { signal, observe: (piece) => lister.push(piece) })
      const listing = lister.finish()
      const blob = await this.#blobs.put(encodeLayerListing(listing))
      if (!blob.ok) return blob
      const remembered = await this.#memory.remember(diffId, { ...facts, listing: blob.value.digest })
      if (!remembered.ok) return remembered
      return ok({ layer: { ...facts, source: { kind: 'tar', blob: diffId } }, listing })
    } catch (error) {
      if (error instanceof TarFormatError) return err(unreadable(diffId, error.message))
      throw error
    }
  }
}

interface LayerAndListing {
  readonly layer: StoredLayer
  readonly listing: LayerListing
}

function stackOf(read: readonly LayerAndListing[], defaults: ProcessDefaults): BaseStack {
  return { layers: read.map(({ layer }) => layer), listing: mergeListings(read.map(({ listing }) => listing)), defaults }
}

const HELP = 'make the base again with orchestrate lock --update'

const unreadable = (diffId: Digest, why: string) =>
  failure({ id: 'image/base-unreadable', message: `layer ${diffId} of the base is no tar that can be read: ${why}`, help: HELP })

const changed = (diffId: Digest) =>
  environmentError({
    kind: 'integrity',
    id: 'image/base-changed',
    message: `layer ${diffId} of the base has another content by now`,
    help: HELP,
  })

/** A stack that could not be read, or whose reader was cancelled, is read again by the next image. */
async function forgetOnFailure<T, E>(running: Promise<Result<T, E>>, forget: () => void): Promise<Result<T, E>> {
  try {
    const result = await running
    if (!result.ok) forget()
    return result
  } catch (error) {
    forget()
    throw error
  }
}
