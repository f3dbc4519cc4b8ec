import { createDigester } from '@orchestrate/core'
import type { Blobs, StoredLayer } from '@orchestrate/store'
import { gzipSegments, gzipStored, gzipStoredSize } from './gzip-stored.ts'
import { decodeLayerEntries, type LayerEntry } from './layer-entries.ts'
import { tarSize } from './tar-header.ts'
import { writeTar } from './tar-writer.ts'

/** Everything about a layer but where its bytes come from. */
export type LayerFacts = Omit<StoredLayer, 'source'>

/** The gzip blob of a stored layer, made again. Ends in an IntegrityError when the store lost a part of it. */
export async function* openLayer(layer: StoredLayer, blobs: Blobs): AsyncGenerator<Uint8Array> {
  yield* gzipStored(await openTar(layer.source, blobs), layer.uncompressedSize)
}

/** The uncompressed tar of a list of entries, its files read from the store. */
export function streamEntries(entries: readonly LayerEntry[], blobs: Blobs): AsyncGenerator<Uint8Array> {
  return writeTar(entries.map((entry) => ({ entry, content: () => (entry.type === 'file' ? blobs.read(entry.digest) : []) })))
}

/** Bytes of the tar of `entries`, known without reading any file. */
export const entriesSize = (entries: readonly LayerEntry[]): number => tarSize(entries)

/**
 * Both digests of a layer in one pass over its tar. `observe` sees every piece of the tar.
 * @throws the reason of `signal` when it is aborted on the way.
 */
export async function measureLayer(
  tar: AsyncIterable<Uint8Array>,
  uncompressedSize: number,
  options: { readonly signal: AbortSignal; readonly observe?: (piece: Uint8Array) => void },
): Promise<LayerFacts> {
  const uncompressed = createDigester()
  const compressed = createDigester()
  async function* observed(): AsyncGenerator<Uint8Array> {
    for await (const piece of tar) {
      options.signal.throwIfAborted()
      uncompressed.update(piece)
      options.observe?.(piece)
      yield piece
    }
  }
  for await (const segment of gzipSegments(observed(), uncompressedSize)) compressed.update(segment)
  return { digest: compressed.digest(), size: gzipStoredSize(uncompressedSize), diffId: uncompressed.digest(), uncompressedSize }
}

/** A layer's description that the store held a moment ago is gone or unreadable. */
export class LostLayerError extends Error {
  override readonly name = 'LostLayerError'
}

async function openTar(source: StoredLayer['source'], blobs: Blobs): Promise<AsyncIterable<Uint8Array>> {
  if (source.kind === 'tar') return blobs.read(source.blob)
  const text = await blobs.text(source.blob)
  const entries = text === null ? null : decodeLayerEntries(text)
  if (entries === null) throw new LostLayerError(`the store no longer has the layer description ${source.blob}`)
  return streamEntries(entries, blobs)
}
