import { createGunzip } from 'node:zlib'
import { pipeline } from 'node:stream/promises'
import { createDigester, type Digest } from '@orchestrate/core'
import type { EmittedImage, EmittedLayer } from '@orchestrate/execute'
import { type ScannedEntry, TarFormatError, TarScanner } from './tar-scanner.ts'

/** What an image is made of, as `orchestrate image` shows it. */
export interface ImageContents {
  readonly manifest: Digest
  readonly config: ImageConfig
  /** Lowest first. */
  readonly layers: readonly LayerContents[]
  /** Uncompressed layers plus config plus manifest, in bytes. */
  readonly bytes: number
}

/** The config as it stands in the image. @see https://github.com/opencontainers/image-spec/blob/v1.1.1/config.md */
export interface ImageConfig {
  readonly architecture: string
  readonly os: string
  readonly created: string | null
  /** Entrypoint, Cmd, Env, … by their names in the specification. */
  readonly process: Readonly<Record<string, unknown>>
}

export interface LayerContents {
  readonly digest: Digest
  readonly diffId: Digest
  /** Bytes of the compressed and the uncompressed layer. */
  readonly size: number
  readonly uncompressedSize: number
  /** `created_by` of the layer's history, or null. */
  readonly createdBy: string | null
  readonly entries: readonly ImageEntry[]
}

export interface ImageEntry extends Omit<ScannedEntry, 'target'> {
  /** Of links; null for everything else. */
  readonly target: string | null
  /** Of a file's content; null for everything else. */
  readonly digest: Digest | null
}

/** An image whose bytes can be read, wherever it lies. */
export type ReadableImage = Pick<EmittedImage, 'manifest' | 'config' | 'layers' | 'bytes'>

/**
 * Reads all of an image.
 * @throws TarFormatError, IntegrityError, and the reason of `signal` when it aborts
 */
export async function inspectImage(image: ReadableImage, signal: AbortSignal): Promise<ImageContents> {
  const config = record(JSON.parse(Buffer.from(image.config.bytes).toString('utf8')))
  const history = Array.isArray(config['history']) ? config['history'].map(record).filter((step) => step['empty_layer'] !== true) : []
  const layers: LayerContents[] = []
  for (const [index, layer] of image.layers.entries()) {
    const createdBy = history[index]?.['created_by']
    const { digest, diffId, size, uncompressedSize } = layer
    const entries = await readEntries(layer, signal)
    layers.push({ digest, diffId, size, uncompressedSize, createdBy: typeof createdBy === 'string' ? createdBy : null, entries })
  }
  return { manifest: image.manifest.digest, config: parseConfig(config), layers, bytes: image.bytes }
}

function parseConfig(config: Readonly<Record<string, unknown>>): ImageConfig {
  const text = (name: string): string | null => (typeof config[name] === 'string' ? config[name] : null)
  return {
    architecture: text('architecture') ?? 'unknown',
    os: text('os') ?? 'unknown',
    created: text('created'),
    process: record(config['config']),
  }
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, unknown>>) : {}
}

async function readEntries(layer: EmittedLayer, signal: AbortSignal): Promise<readonly ImageEntry[]> {
  const entries: ImageEntry[] = []
  let open: { readonly entry: ScannedEntry; readonly digester: ReturnType<typeof createDigester> } | null = null
  const close = (): void => {
    if (open !== null) entries.push(describe(open.entry, open.digester.digest()))
    open = null
  }
  const scanner = new TarScanner(
    (entry) => {
      close()
      if (entry.path !== '') open = { entry, digester: createDigester() }
    },
    (piece) => open?.digester.update(piece),
  )
  await readTar(layer, (piece) => scanner.push(piece), signal)
  scanner.end()
  close()
  return entries
}

async function readTar(layer: EmittedLayer, push: (piece: Uint8Array) => void, signal: AbortSignal): Promise<void> {
  const take = async (tar: AsyncIterable<Uint8Array>): Promise<void> => {
    for await (const piece of tar) push(piece)
  }
  try {
    await pipeline(layer.open(), createGunzip(), take, { signal })
  } catch (error) {
    // zlib's errors are known by their code: Z_DATA_ERROR, Z_BUF_ERROR.
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('Z_'))
      throw new TarFormatError(`it is no gzip: ${error.message}`)
    throw error
  }
}

function describe({ target, ...entry }: ScannedEntry, digest: Digest): ImageEntry {
  const isLink = entry.type === 'symlink' || entry.type === 'hardlink'
  return { ...entry, target: isLink ? target : null, digest: entry.type === 'file' ? digest : null }
}
