import { createReadStream, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Digest, digestHex, digestOf, type Platform } from '@orchestrate/core'
import { ArchiveFault, invalid } from './archive-fault.ts'
import type { DiskImage, DiskLayer } from './disk-image.ts'
import { digestIn, isObject, type JsonObject, objects, optionalString, parseObject } from './json-fields.ts'

/** Longest manifest or config that is read, bytes. */
const JSON_LIMIT = 4 << 20
/** Indexes in indexes. */
const DEEPEST = 4
const REFERENCE = 'org.opencontainers.image.ref.name'

/**
 * One image of an OCI layout: the one named `tag`, or its only one. Everything is read by digest; `urls` are never followed.
 *
 * @param directory absolute
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md
 * @throws ArchiveFault, and what the file system throws
 */
export async function openLayout(directory: string, tag: string | null, platform: Platform): Promise<DiskImage> {
  const index = parseObject(await readFile(join(directory, 'index.json'), 'utf8'), 'index.json')
  const manifest = await findManifest(directory, choose(objects(index, 'manifests', 'index.json'), tag), platform)
  const { config } = manifest
  if (!isObject(config)) throw invalid('the manifest names no config')
  return {
    config: (await readBlob(directory, config)).toString('utf8'),
    layers: objects(manifest, 'layers', 'the manifest').map((layer) => layerOf(directory, layer)),
  }
}

function choose(manifests: readonly JsonObject[], tag: string | null): JsonObject {
  const named = manifests.map((descriptor) => ({ descriptor, name: nameOf(descriptor) }))
  const names = named.flatMap(({ name }) => name ?? [])
  const found = tag === null ? named : named.filter(({ name }) => name === tag)
  const [first, second] = found
  if (first === undefined)
    throw new ArchiveFault(
      'unusable',
      tag === null ? 'it holds no image' : `it has no image "${tag}"; its images: ${names.join(', ') || 'none with a name'}`,
    )
  if (second !== undefined) throw new ArchiveFault('unusable', `it has ${found.length} images; name one of them: ${names.join(', ')}`)
  return first.descriptor
}

function nameOf({ annotations }: JsonObject): string | null {
  return isObject(annotations) ? optionalString(annotations, REFERENCE) : null
}

async function findManifest(directory: string, descriptor: JsonObject, platform: Platform, depth = 0): Promise<JsonObject> {
  const document = parseObject((await readBlob(directory, descriptor)).toString('utf8'), 'a manifest')
  const isIndex = document['manifests'] !== undefined
  if (isIndex && (document['layers'] !== undefined || document['config'] !== undefined))
    throw invalid('a manifest is both an index and an image')
  const mediaType = optionalString(document, 'mediaType')
  if (mediaType !== null && /index|manifest\.list/.test(mediaType) !== isIndex)
    throw invalid(`a manifest is not the "${mediaType}" that it says it is`)
  if (!isIndex) return document
  if (depth === DEEPEST) throw invalid('its indexes are nested too deeply')
  const fitting = objects(document, 'manifests', 'an index').find((each) => isFor(each['platform'], platform))
  if (fitting === undefined) throw new ArchiveFault('unusable', `it has no image for ${platform.os}/${platform.architecture}`)
  return findManifest(directory, fitting, platform, depth + 1)
}

function isFor(value: unknown, { os, architecture }: Platform): boolean {
  return !isObject(value) || (value['os'] === os && value['architecture'] === architecture)
}

async function readBlob(directory: string, descriptor: JsonObject): Promise<Buffer> {
  const { digest, size, file } = blobOf(directory, descriptor)
  if (size > JSON_LIMIT) throw invalid(`${digest} is larger than a manifest or config can be`)
  const bytes = await readFile(file)
  if (bytes.length !== size) throw invalid(`${digest} has ${bytes.length} bytes instead of ${size}`)
  if (digestOf(bytes) !== digest) throw invalid(`${digest} has another content`)
  return bytes
}

function layerOf(directory: string, descriptor: JsonObject): DiskLayer {
  const { digest, size, file } = blobOf(directory, descriptor)
  const held = statSync(file).size
  if (held !== size) throw invalid(`layer ${digest} has ${held} bytes instead of ${size}`)
  return { name: digest, expected: digest, open: (signal) => createReadStream(file, { signal, highWaterMark: 1 << 20 }) }
}

function blobOf(directory: string, descriptor: JsonObject): { readonly digest: Digest; readonly size: number; readonly file: string } {
  const digest = digestIn(descriptor['digest'], 'a descriptor')
  const { size } = descriptor
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) throw invalid(`the descriptor of ${digest} has no size`)
  return { digest, size, file: join(directory, 'blobs/sha256', digestHex(digest)) }
}
