import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, mkdtemp, open, rm } from 'node:fs/promises'
import { join, posix } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import type { Digest } from '@orchestrate/core'
import { type EngineImage, EngineStreamError } from '@orchestrate/execute'
import { createTarDecoder } from 'modern-tar'
import { encodeReference } from './image-calls.ts'
import { listAt, textsAt } from './json-value.ts'
import type { DockerSession } from './session.ts'

export interface ExportedLayer {
  readonly diffId: Digest
  readonly content: AsyncIterable<Uint8Array>
}

/** Longest JSON file of a saved image that is read into memory, bytes. */
const JSON_LIMIT = 4 << 20

/**
 * The layers of an image, lowest first, out of what the engine saves. Its archive names the order in a file that may come
 * last, so layers are spooled to files first; they are gone when the iteration ends. Contents are not verified here: the
 * caller compares them with `diffId`.
 *
 * @see https://github.com/moby/docker-image-spec/blob/v1.3.1/spec.md#combined-image-json--filesystem-changeset-format
 * @throws EngineStreamError when the archive is cut, malformed or lacks a layer.
 */
export async function* exportLayers(session: DockerSession, image: EngineImage, signal: AbortSignal): AsyncGenerator<ExportedLayer> {
  await session.facts(signal)
  await mkdir(session.spoolDirectory, { recursive: true })
  const directory = await mkdtemp(join(session.spoolDirectory, 'layers-'))
  try {
    const saved = await session.api.stream({ method: 'GET', path: `/images/${encodeReference(image.id)}/get`, signal })
    const spool = await spoolArchive(saved, directory)
    const layers = orderOfLayers(spool)
    if (layers.length !== image.diffIds.length)
      throw new EngineStreamError(`the engine saved ${layers.length} of ${image.diffIds.length} layers`)
    for (const [index, diffId] of image.diffIds.entries()) yield { diffId, content: await openLayer(spool, layers[index] ?? '') }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** A saved image on disk: files by their name in the archive, links between them, and the small JSON files as text. */
interface Spool {
  readonly files: ReadonlyMap<string, string>
  readonly links: ReadonlyMap<string, string>
  readonly manifest: string | null
}

async function spoolArchive(saved: Readable, directory: string): Promise<Spool> {
  const files = new Map<string, string>()
  const links = new Map<string, string>()
  let manifest: string | null = null
  try {
    for await (const { header, body } of Readable.toWeb(saved).pipeThrough(createTarDecoder({ strict: true }))) {
      if (header.name === 'manifest.json' && header.size <= JSON_LIMIT) manifest = await new Response(body).text()
      else if (header.type === 'symlink') links.set(header.name, posix.join(posix.dirname(header.name), header.linkname ?? ''))
      else if (header.type === 'link') links.set(header.name, header.linkname ?? '')
      else if (header.type === 'file' || header.type === undefined) {
        const file = join(directory, String(files.size))
        await pipeline(Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]), createWriteStream(file))
        files.set(header.name, file)
      } else await body.cancel()
    }
  } catch (cause) {
    throw new EngineStreamError('the saved image ended early or is malformed', { cause })
  }
  return { files, links, manifest }
}

function orderOfLayers(spool: Spool): readonly string[] {
  if (spool.manifest === null) throw new EngineStreamError('the saved image has no manifest.json')
  const [first] = listAt({ list: JSON.parse(spool.manifest) as unknown }, 'list')
  return textsAt(first, 'Layers')
}

/** Uncompressed: some stores save layers as they were pulled. */
async function openLayer(spool: Spool, name: string): Promise<AsyncIterable<Uint8Array>> {
  const file = spool.files.get(spool.links.get(name) ?? name)
  if (file === undefined) throw new EngineStreamError(`the saved image lacks the layer "${name}"`)
  const plain = createReadStream(file, { highWaterMark: 1 << 20 })
  return (await isGzip(file)) ? plain.pipe(createGunzip()) : plain
}

async function isGzip(file: string): Promise<boolean> {
  const handle = await open(file)
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0)
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b
  } finally {
    await handle.close()
  }
}
