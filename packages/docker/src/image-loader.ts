import { Readable } from 'node:stream'
import type { Digest } from '@orchestrate/core'
import type { ImageLoader, LoadedImage } from '@orchestrate/execute'
import { ApiError } from './docker-api.ts'
import { attempt } from './engine-errors.ts'
import { encodeReference, inspectImage, orNull } from './image-calls.ts'
import { listAt, optionalTextAt, textAt, textsAt, UnexpectedAnswer } from './json-value.ts'
import { createImageNames, type ImageNames } from './image-names.ts'
import { readJsonLines } from './json-lines.ts'
import type { DockerSession } from './session.ts'

/** Milliseconds; the engine answers a load after it has read the archive. */
const LOAD_DEADLINE = 30 * 60_000
const INSPECTIONS_AT_ONCE = 8

/** The engine as a place where images go. */
export function createImageLoader(session: DockerSession): ImageLoader {
  const layersById = new Map<string, readonly string[]>()
  const names = createImageNames(session)
  const host = session.api.host
  return {
    destination: 'docker',
    survey: (signal) => names.survey(signal),
    find: (reference, signal) => attempt(host, `looking for image "${reference}"`, () => find(session, names, reference, signal)),
    countPresentLayers: (diffIds, signal) =>
      attempt(host, 'looking for layers', () => countPresentLayers(session, layersById, diffIds, signal)),
    load: async (archive, signal) => {
      const loaded = await load(session, archive, signal)
      names.forget()
      return loaded
    },
    tag: (imageId, reference, signal) => {
      names.forget()
      return attempt(host, `naming an image "${reference}"`, () => tag(session, imageId, reference, signal))
    },
  }
}

async function find(session: DockerSession, names: ImageNames, reference: string, signal: AbortSignal): Promise<LoadedImage | null> {
  await session.facts(signal)
  const known = await names.recall(reference)
  if (known !== null) return { id: known }
  // Engines list names in a short form of their own; asked for one, they take any.
  const image = await inspectImage(session.api, reference, signal)
  return image === null ? null : { id: image.id }
}

/** The longest prefix that some local image shares: the classic store keeps each chain of layers once and lets a load leave it out. */
async function countPresentLayers(
  session: DockerSession,
  layersById: Map<string, readonly string[]>,
  diffIds: readonly Digest[],
  signal: AbortSignal,
): Promise<number> {
  const { classicStore } = await session.facts(signal)
  if (!classicStore) return 0
  const images = listAt({ list: await session.api.json({ method: 'GET', path: '/images/json', signal }) }, 'list').map((image) =>
    textAt(image, 'Id'),
  )
  const unknown = images.filter((id) => !layersById.has(id))
  for (let start = 0; start < unknown.length; start += INSPECTIONS_AT_ONCE) {
    await Promise.all(unknown.slice(start, start + INSPECTIONS_AT_ONCE).map((id) => learnLayers(session, layersById, id, signal)))
  }
  return Math.max(0, ...images.map((id) => commonPrefix(layersById.get(id) ?? [], diffIds)))
}

async function learnLayers(
  session: DockerSession,
  layersById: Map<string, readonly string[]>,
  id: string,
  signal: AbortSignal,
): Promise<void> {
  const image = await orNull(session.api.json({ method: 'GET', path: `/images/${encodeReference(id)}/json`, signal }))
  // An image's id is its content: what was learnt stays true.
  if (image !== null) layersById.set(id, textsAt(image, 'RootFS', 'Layers'))
}

function commonPrefix(a: readonly string[], b: readonly string[]): number {
  const differing = a.findIndex((item, index) => item !== b[index])
  return differing === -1 ? Math.min(a.length, b.length) : differing
}

/** Errors of `archive` itself pass through to the caller. */
async function load(session: DockerSession, archive: AsyncIterable<Uint8Array>, signal: AbortSignal): ReturnType<ImageLoader['load']> {
  return await attempt(session.api.host, 'loading an image', async () => {
    await session.facts(signal)
    try {
      const upload = Readable.from(archive, { objectMode: false, highWaterMark: 1 << 20 })
      const answer = await session.api.stream({
        method: 'POST',
        path: '/images/load',
        query: { quiet: true },
        upload,
        signal,
        deadline: LOAD_DEADLINE,
      })
      return await readVerdict(answer)
    } catch (error) {
      if (error instanceof ApiError) return { accepted: false, message: error.message }
      throw error
    }
  })
}

/**
 * The engine answers 200 before it knows whether the archive is any good: an `error` line is the refusal, and an answer
 * without a last word says nothing.
 */
async function readVerdict(answer: AsyncIterable<Uint8Array>): Promise<{ readonly accepted: boolean; readonly message: string }> {
  const words: string[] = []
  for await (const line of readJsonLines(answer)) {
    const refusal = optionalTextAt(line, 'errorDetail', 'message') ?? optionalTextAt(line, 'error')
    if (refusal !== null) return { accepted: false, message: refusal }
    const word = optionalTextAt(line, 'stream')
    if (word !== null) words.push(word.trim())
  }
  if (words.length === 0) throw new UnexpectedAnswer('the load ended without a result')
  return { accepted: true, message: words.join('\n') }
}

async function tag(session: DockerSession, imageId: string, reference: string, signal: AbortSignal): Promise<void> {
  await session.facts(signal)
  const { repository, name } = splitReference(reference)
  await session.api.json({
    method: 'POST',
    path: `/images/${encodeReference(imageId)}/tag`,
    query: { repo: repository, tag: name },
    signal,
  })
}

/** A colon after the last slash begins the tag; one before it belongs to a registry's port. */
function splitReference(reference: string): { readonly repository: string; readonly name: string } {
  const colon = reference.indexOf(':', reference.lastIndexOf('/') + 1)
  return colon === -1
    ? { repository: reference, name: 'latest' }
    : { repository: reference.slice(0, colon), name: reference.slice(colon + 1) }
}
