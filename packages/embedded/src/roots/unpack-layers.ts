import { createDigester, type Digest } from '@orchestrate/core'
import { ArchiveFault } from './archive-fault.ts'
import type { RootWriter } from './root-writer.ts'
import { TarReader } from './tar-reader.ts'

/** An uncompressed layer tar that can be read. */
export interface LayerSource {
  readonly diffId: Digest
  /** Bytes, for the progress. */
  readonly size: number
  open(signal: AbortSignal): AsyncIterable<Uint8Array>
}

interface NumberedLayer {
  readonly source: LayerSource
  /** From 1. */
  readonly number: number
}

/** A layer that could not be laid out, by its number from 1. */
export class LayerError extends Error {
  override readonly name = 'LayerError'
  readonly number: number
  readonly diffId: Digest
  /** `changed`: its content is not what its DiffID says; `unreadable`: its content could not be had at all. */
  readonly fault: ArchiveFault | 'changed' | 'unreadable'

  constructor(layer: NumberedLayer, fault: LayerError['fault'], cause?: unknown) {
    super(fault instanceof ArchiveFault ? fault.message : cause instanceof Error ? cause.message : fault, { cause })
    this.number = layer.number
    this.diffId = layer.source.diffId
    this.fault = fault
  }
}

/**
 * Lays out layers, lowest first. Each is read to its end and verified, also one whose archive is at fault: damage on the way is
 * told from an archive that was made so. Memory is bounded by the number of names.
 *
 * @param onBytes is told how many bytes were read
 * @throws LayerError, DiskError, and the signal's reason when it aborts
 */
export async function unpackLayers(
  layers: readonly LayerSource[],
  writer: RootWriter,
  options: { readonly onBytes: (bytes: number) => void; readonly signal: AbortSignal },
): Promise<void> {
  for (const [index, layer] of layers.entries()) {
    writer.beginLayer(index)
    await unpackLayer({ source: layer, number: index + 1 }, writer, options)
  }
}

async function unpackLayer(
  layer: NumberedLayer,
  writer: RootWriter,
  { onBytes, signal }: { readonly onBytes: (bytes: number) => void; readonly signal: AbortSignal },
): Promise<void> {
  const digester = createDigester()
  const reader = new TarReader(writer)
  let fault: ArchiveFault | null = null
  for await (const piece of readable(layer, signal)) {
    digester.update(piece)
    fault ??= faultOf(() => reader.push(piece))
    onBytes(piece.length)
  }
  if (digester.digest() !== layer.source.diffId) throw new LayerError(layer, 'changed')
  fault ??= faultOf(() => reader.end())
  if (fault !== null) throw new LayerError(layer, fault, fault)
}

function faultOf(work: () => void): ArchiveFault | null {
  try {
    work()
    return null
  } catch (error) {
    if (error instanceof ArchiveFault) return error
    throw error
  }
}

/** The content of a layer; whatever ends it early is a LayerError. */
async function* readable(layer: NumberedLayer, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  signal.throwIfAborted()
  const content = layer.source.open(signal)[Symbol.asyncIterator]()
  try {
    for (;;) {
      const next = await nextPiece(content, layer, signal)
      if (next.done === true) return
      yield next.value
    }
  } finally {
    await content.return?.()
  }
}

async function nextPiece(
  content: AsyncIterator<Uint8Array>,
  layer: NumberedLayer,
  signal: AbortSignal,
): Promise<IteratorResult<Uint8Array>> {
  try {
    const next = await content.next()
    signal.throwIfAborted()
    return next
  } catch (cause) {
    signal.throwIfAborted()
    throw new LayerError(layer, 'unreadable', cause)
  }
}
