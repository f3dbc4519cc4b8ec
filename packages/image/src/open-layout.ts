import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  createDigester,
  type Digest,
  digestOf,
  type EnvironmentError,
  environmentError,
  err,
  ok,
  parseDigest,
  type Result,
} from '@orchestrate/core'
import type { EmittedLayer } from '@orchestrate/execute'
import { IntegrityError } from '@orchestrate/store'
import type { ReadableImage } from './inspect-image.ts'
import { blobPath, decodeIndex, refNameOf } from './layout-index.ts'

/**
 * An image of an OCI layout on this machine: the one of that name, or the only one. What is read is verified by its digest:
 * a layer that is not what it is named ends in an IntegrityError.
 *
 * @param directory absolute
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md
 */
export async function openLayoutImage(directory: string, reference: string | null): Promise<Result<ReadableImage, EnvironmentError>> {
  const index = await readText(join(directory, 'index.json'))
  const descriptors = index === null ? null : decodeIndex(index)
  if (descriptors === null) return err(noImage(`"${directory}" holds no OCI layout`, 'name a directory that `--output oci:DIR` wrote'))
  const named = reference === null ? descriptors : descriptors.filter((descriptor) => refNameOf(descriptor) === reference)
  const names = [...new Set(descriptors.flatMap((descriptor) => refNameOf(descriptor) ?? []))]
  const [digest, ...others] = [...new Set(named.map((descriptor) => String(descriptor['digest'])))]
  if (digest === undefined) return err(noImage(`"${directory}" has no image "${reference ?? ''}"`, `it has: ${names.join(', ') || 'none'}`))
  if (others.length > 0) return err(noImage(`"${directory}" has several images`, `name one as oci:DIR:REFERENCE: ${names.join(', ')}`))
  return openManifest(directory, digest)
}

async function openManifest(directory: string, named: string): Promise<Result<ReadableImage, EnvironmentError>> {
  const manifest = await readBlob(directory, named)
  const parsed = manifest === null ? null : parseManifest(manifest.bytes)
  const config = parsed === null ? null : await readBlob(directory, parsed.config)
  const diffIds = config === null ? null : parseDiffIds(config.bytes)
  if (manifest === null || parsed === null || config === null || diffIds?.length !== parsed.layers.length)
    return err(noImage(`the image ${named} in "${directory}" is incomplete or damaged`, 'write it again with `orchestrate apply --output`'))
  const layers = parsed.layers.map((layer, position) => openLayer(directory, layer, diffIds[position] ?? layer.digest))
  const bytes = manifest.bytes.length + config.bytes.length + parsed.layers.reduce((sum, { size }) => sum + size, 0)
  return ok({ manifest, config, layers, bytes })
}

interface Blob {
  readonly digest: Digest
  readonly bytes: Uint8Array
}

/** Null for one that is missing or is not what it is named. */
async function readBlob(directory: string, named: string): Promise<Blob | null> {
  const digest = parseDigest(named)
  if (digest === null) return null
  const text = await readText(join(directory, blobPath(digest)))
  return text !== null && digestOf(text) === digest ? { digest, bytes: Buffer.from(text) } : null
}

interface LayerDescriptor {
  readonly digest: Digest
  readonly size: number
}

function parseManifest(bytes: Uint8Array): { readonly config: string; readonly layers: readonly LayerDescriptor[] } | null {
  const manifest = parseObject(bytes)
  const { config, layers } = manifest
  if (!isObject(config) || typeof config['digest'] !== 'string' || !Array.isArray(layers)) return null
  const parsed = layers.map((layer: unknown): LayerDescriptor | null => {
    const digest = isObject(layer) && typeof layer['digest'] === 'string' ? parseDigest(layer['digest']) : null
    return digest === null || !isObject(layer) || typeof layer['size'] !== 'number' ? null : { digest, size: layer['size'] }
  })
  return parsed.includes(null) ? null : { config: config['digest'], layers: parsed.flatMap((layer) => layer ?? []) }
}

function parseDiffIds(bytes: Uint8Array): readonly Digest[] | null {
  const { rootfs } = parseObject(bytes)
  const ids: unknown = isObject(rootfs) ? rootfs['diff_ids'] : null
  return Array.isArray(ids) ? ids.flatMap((id) => parseDigest(String(id)) ?? []) : null
}

function openLayer(directory: string, { digest, size }: LayerDescriptor, diffId: Digest): EmittedLayer {
  const path = join(directory, blobPath(digest))
  return { digest, size, diffId, uncompressedSize: size, open: () => readVerified(path, digest) }
}

async function* readVerified(path: string, digest: Digest): AsyncGenerator<Uint8Array> {
  const digester = createDigester()
  for await (const piece of createReadStream(path)) {
    const bytes: Uint8Array = piece
    digester.update(bytes)
    yield bytes
  }
  if (digester.digest() !== digest) throw new IntegrityError(digest, `"${path}" is damaged`)
}

async function readText(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EACCES' || code === 'EISDIR') return null
    throw error
  }
}

function parseObject(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'))
    return isObject(value) ? value : {}
  } catch (error) {
    if (error instanceof SyntaxError) return {}
    throw error
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const noImage = (message: string, help: string): EnvironmentError => environmentError({ id: 'image/not-readable', message, help })
