import { createReadStream } from 'node:fs'
import { realpath } from 'node:fs/promises'
import { join, sep } from 'node:path'
import type { ArchiveSource } from '@orchestrate/config'
import { createDigester, type Digest, type EnvironmentError, err, ok, type Platform, type Result } from '@orchestrate/core'
import type { Store, StoredBlob } from '@orchestrate/store'
import type { Acquisition } from '../acquired-root.ts'
import { gunzip } from '../rootfs/gunzip.ts'
import { ArchiveFault, archiveError, invalid } from './archive-fault.ts'
import type { DiskImage, DiskLayer } from './disk-image.ts'
import { rootOfConfig } from './image-config.ts'
import { openDockerArchive } from './open-docker-archive.ts'
import { openLayout } from './open-layout.ts'

export interface ArchiveRequest {
  readonly name: string
  /** Absolute path of the workspace. */
  readonly workspace: string
  readonly source: ArchiveSource
  readonly platform: Platform
}

/**
 * Takes an image of the work tree into the store, every byte compared with its digest. It has the identity that the same image
 * has in an engine.
 */
export async function importArchive(request: ArchiveRequest, store: Store, signal: AbortSignal): Promise<Acquisition> {
  const { name, source, platform } = request
  try {
    const file = await insideWorkspace(request)
    const image = source.format === 'oci' ? await openLayout(file, source.reference, platform) : openDockerArchive(file, source.reference)
    const root = rootOfConfig(image.config, platform)
    const layers = await storeLayers(image, root.diffIds, store, signal)
    if (!layers.ok) return layers
    const size = layers.value.reduce((sum, layer) => sum + layer.size, 0)
    const locked = { kind: 'archive', path: source.written, archive: await digestOfFile(join(request.workspace, source.pinned)) } as const
    return ok({ root, size, source: locked, layers: layers.value, image: null })
  } catch (error) {
    const known = archiveError(error, name, source.written)
    if (known === null) throw error
    return err(known)
  }
}

async function insideWorkspace({ workspace, source }: ArchiveRequest): Promise<string> {
  const root = await realpath(workspace)
  const file = await realpath(join(root, source.path))
  if (!file.startsWith(root + sep)) throw new ArchiveFault('unusable', 'it leads out of the workspace')
  return file
}

async function digestOfFile(file: string): Promise<Digest> {
  const digester = createDigester()
  for await (const piece of createReadStream(file, { highWaterMark: 1 << 20 })) digester.update(piece)
  return digester.digest()
}

async function storeLayers(
  { layers }: DiskImage,
  diffIds: readonly Digest[],
  store: Store,
  signal: AbortSignal,
): Promise<Result<readonly StoredBlob[], EnvironmentError>> {
  if (layers.length !== diffIds.length) throw invalid(`it has ${layers.length} layers, and its config names ${diffIds.length}`)
  const blobs: StoredBlob[] = []
  for (const [index, layer] of layers.entries()) {
    const diffId = diffIds[index]
    if (diffId === undefined) continue
    const stored = await store.blobs.put(plainTar(layer, signal))
    if (!stored.ok) return stored
    if (stored.value.digest !== diffId) throw invalid(`layer ${layer.name} is ${stored.value.digest}, and the config says ${diffId}`)
    blobs.push(stored.value)
  }
  return ok(blobs)
}

/** What a layer unpacks to; ends in an ArchiveFault when its bytes are not those that were promised. */
async function* plainTar(layer: DiskLayer, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const digester = createDigester()
  const pieces = digested(layer.open(signal), digester)[Symbol.asyncIterator]()
  const first = await pieces.next()
  if (first.done === true) throw invalid(`layer ${layer.name} is empty`)
  const content = rejoined(first.value, pieces)
  const start = Buffer.from(first.value.subarray(0, 4)).toString('hex')
  if (start === '28b52ffd')
    throw new ArchiveFault('unusable', `layer ${layer.name} is compressed with zstd: write the image with gzip layers`)
  if (start.startsWith('1f8b')) yield* gunzip(content)
  else yield* content
  const found = digester.digest()
  if (layer.expected !== null && found !== layer.expected) throw invalid(`layer ${layer.name} has the content of ${found}`)
}

async function* digested(content: AsyncIterable<Uint8Array>, digester: ReturnType<typeof createDigester>): AsyncGenerator<Uint8Array> {
  for await (const piece of content) {
    digester.update(piece)
    yield piece
  }
}

async function* rejoined(first: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value
}
