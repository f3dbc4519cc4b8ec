import { createReadStream } from 'node:fs'
import { pipeline, Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import type { EmittedImage, EmittedLayer, RootFilesystem } from '@orchestrate/execute'
import type { LayerSource } from './unpack-layers.ts'

const PIECE = 1 << 20

export type LayerFile = Extract<RootFilesystem['content'], { readonly kind: 'layers' }>['layers'][number]

/** Layer tars that lie on this machine's disk. */
export function fileLayers(layers: readonly LayerFile[]): readonly LayerSource[] {
  return layers.map(({ diffId, size, file }) => ({
    diffId,
    size,
    open: (signal) => createReadStream(file, { highWaterMark: PIECE, signal }),
  }))
}

/** Layers of an emitted image, which come as gzip. */
export function imageLayers({ layers }: EmittedImage): readonly LayerSource[] {
  return layers.map((layer) => ({
    diffId: layer.diffId,
    size: layer.uncompressedSize,
    open: (signal) => gunzip(layer, signal),
  }))
}

/** Ends with an error when the gzip is cut or damaged. */
function gunzip(layer: EmittedLayer, signal: AbortSignal): AsyncIterable<Uint8Array> {
  const tar = createGunzip({ chunkSize: PIECE })
  // What goes wrong on the way destroys the reading side, which throws it.
  pipeline(Readable.from(layer.open(), { signal }), tar, () => undefined)
  return tar
}
