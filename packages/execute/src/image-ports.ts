import type { Image } from '@orchestrate/config'
import type { Digest, EnvironmentError, Platform, Result, Trouble } from '@orchestrate/core'
import type { ImageRecord, TreeEntry } from '@orchestrate/store'
import type { RootFilesystem } from './engine.ts'

/** Makes images from stored artifacts, without an engine, byte for byte reproducible. */
export interface ImageEmitter {
  /** Stores config, manifest and layer entries. `image/too-large`, `image/link-leaves-artifact`, `image/path-collision` are Failures. */
  emit(request: EmissionRequest, signal: AbortSignal): Promise<Result<EmittedImage, Trouble>>
  /** The image of a record, its small blobs read again; null when the store no longer has them. */
  reopen(record: ImageRecord): Promise<EmittedImage | null>
}

export interface EmissionRequest {
  readonly image: Image
  readonly platform: Platform
  /** Layers and defaults below the image's own, or null for scratch. */
  readonly base: EmissionBase | null
  /** In the order of `image.files`. */
  readonly files: readonly EmissionFile[]
  /** CA bundle blob that goes to `/etc/ssl/certs/ca-certificates.crt`, or null. */
  readonly certificates: { readonly digest: Digest; readonly size: number } | null
  /** What goes to `/usr/share/zoneinfo`, contents in the store; or null. */
  readonly timezones: readonly TreeEntry[] | null
}

export type EmissionBase =
  | { readonly kind: 'root'; readonly root: RootFilesystem }
  /** An image that was emitted before. */
  | { readonly kind: 'image'; readonly stored: Pick<ImageRecord, 'config' | 'layers'> }

export interface EmissionFile {
  /** Absolute path inside the image of the tree's root. A trailing `/` puts a single file into that directory under its own name. */
  readonly to: string
  /** Name of the source's last segment, for a `to` that ends in `/`. */
  readonly name: string
  readonly mode: number | null
  readonly owner: { readonly uid: number; readonly gid: number } | null
  /** One of `image.layers`, or null for the last layer. */
  readonly layer: string | null
  /** Contents are in the store; paths relative to `to`. */
  readonly entries: readonly TreeEntry[]
}

/** An OCI image whose bytes can be streamed as often as wanted. */
export interface EmittedImage {
  readonly platform: Platform
  readonly manifest: { readonly digest: Digest; readonly bytes: Uint8Array }
  readonly config: { readonly digest: Digest; readonly bytes: Uint8Array }
  readonly layers: readonly EmittedLayer[]
  /** Uncompressed layers plus config plus manifest. */
  readonly bytes: number
  /** What goes into the ActionRecord. */
  readonly stored: Pick<ImageRecord, 'manifest' | 'config' | 'layers' | 'bytes'>
}

export interface EmittedLayer {
  /** Of the gzip blob. */
  readonly digest: Digest
  readonly size: number
  readonly diffId: Digest
  readonly uncompressedSize: number
  /** The gzip blob. */
  open(): AsyncIterable<Uint8Array>
}

/** Where images go: an OCI layout, a docker archive, an engine. Idempotent. */
export interface ImageSink {
  /** For messages: `oci:out/images`, `docker`. */
  readonly destination: string
  /** Whether it can take images at all, asked before any builder runs. */
  prepare(signal: AbortSignal): Promise<Result<void, EnvironmentError>>
  deliver(image: EmittedImage, references: readonly string[], signal: AbortSignal): Promise<Result<Delivery, EnvironmentError>>
  /** Gets ready for an image that is being made, where that takes time; null when enough are expected. */
  expect?(signal: AbortSignal): ExpectedDelivery | null
}

/** A delivery that was begun before its image was there. Exactly one of both is called, once. */
export interface ExpectedDelivery {
  /** As the sink's. */
  deliver(image: EmittedImage, references: readonly string[]): Promise<Result<Delivery, EnvironmentError>>
  abandon(): void
}

export interface Delivery {
  readonly references: readonly string[]
  /** Bytes that had to be sent or written; 0 when the image was already there. */
  readonly sentBytes: number
}

/** An engine that keeps images: what the loading sink needs of it. */
export interface ImageLoader {
  readonly destination: string
  /** Begins to ask for all names at once: what `find` answers in the next seconds may be as old as this call. Whoever asks for many calls it first. */
  survey(signal: AbortSignal): void
  /** What `reference` names there now, or null. */
  find(reference: string, signal: AbortSignal): Promise<Result<LoadedImage | null, EnvironmentError>>
  /** How many of the leading layers of this stack the engine holds already, so that an archive may leave them out; 0 when it cannot tell. */
  countPresentLayers(diffIds: readonly Digest[], signal: AbortSignal): Promise<Result<number, EnvironmentError>>
  /** Loads a docker archive / OCI layout hybrid. `accepted: false` when the engine refused it for a missing layer. */
  load(
    archive: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ): Promise<Result<{ readonly accepted: boolean; readonly message: string }, EnvironmentError>>
  /** Gives an image that is already there a further name. */
  tag(imageId: string, reference: string, signal: AbortSignal): Promise<Result<void, EnvironmentError>>
}

export interface LoadedImage {
  /** ImageID: the config digest on the classic store, the manifest digest on the containerd store. Either one names every layer. */
  readonly id: string
}
