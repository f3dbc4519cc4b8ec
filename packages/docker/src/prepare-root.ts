import { createReadStream } from 'node:fs'
import type { Digest } from '@orchestrate/core'
import type { RootFilesystem } from '@orchestrate/execute'
import { EngineTrouble, engineError } from './engine-errors.ts'
import { inspectImage } from './image-calls.ts'
import { importLayers } from './import-layers.ts'
import { optionalTextAt, UnexpectedAnswer } from './json-value.ts'
import { readJsonLines } from './json-lines.ts'
import { toolchainReference } from './names.ts'
import type { DockerSession } from './session.ts'

/**
 * The engine's id of an image that is exactly `root`; imports it when the engine does not have it. Everybody who asks for
 * the same root at once waits for one import.
 *
 * @throws EngineTrouble `engine/image-missing`, `engine/image-changed`, `engine/refused`.
 */
export async function prepareRoot(session: DockerSession, root: RootFilesystem, signal: AbortSignal): Promise<string> {
  const known = session.rootImages.get(root.identity)
  if (known !== undefined) return await known
  const pending = findOrImport(session, root, signal)
  session.rootImages.set(root.identity, pending)
  // A failed import is not remembered: the next build may try again.
  pending.catch(() => session.rootImages.delete(root.identity))
  return await pending
}

async function findOrImport(session: DockerSession, root: RootFilesystem, signal: AbortSignal): Promise<string> {
  await session.facts(signal)
  if (root.content.kind === 'engine-image') return await verifyEngineImage(session, root.content, signal)
  const { layers } = root.content
  const [layer, ...more] = layers
  if (layer === undefined) throw new Error('a root file system without layers')
  const diffIds = layers.map(({ diffId }) => diffId)
  const { reference } = toolchainReference(root.identity)
  const present = await inspectImage(session.api, reference, signal)
  if (present !== null && sameDigests(present.diffIds, diffIds)) return present.id
  if (more.length === 0) await importLayer(session, root, layer.file, signal)
  else await importLayers(session, root, { layers, reference }, signal)
  const imported = await inspectImage(session.api, reference, signal)
  if (imported !== null && sameDigests(imported.diffIds, diffIds)) return imported.id
  throw new EngineTrouble(
    engineError('engine/image-changed', `the engine imported other content than the toolchain "${root.identity}" has`, [
      diffIds.length === 1 ? `expected layer ${layer.diffId}` : `expected layers ${diffIds.join(', ')}`,
      `the engine has ${imported === null ? 'nothing' : imported.diffIds.join(', ')}`,
    ]),
  )
}

async function verifyEngineImage(
  session: DockerSession,
  content: Extract<RootFilesystem['content'], { kind: 'engine-image' }>,
  signal: AbortSignal,
): Promise<string> {
  const known = session.layersOfImages.get(content.id)
  if (known !== undefined && sameDigests(known, content.diffIds)) return content.id
  const image = await inspectImage(session.api, content.id, signal)
  if (image === null)
    throw new EngineTrouble(engineError('engine/image-missing', `the engine no longer has the image "${content.reference}"`, [content.id]))
  if (sameDigests(image.diffIds, content.diffIds)) return image.id
  throw new EngineTrouble(
    engineError('engine/image-changed', `the engine's image "${content.reference}" has other layers than the toolchain is pinned to`, [
      `pinned: ${content.diffIds.join(', ')}`,
      `there:  ${image.diffIds.join(', ')}`,
    ]),
  )
}

/** `docker import`: the tar becomes the only layer of an image without any configuration but our label. */
async function importLayer(session: DockerSession, root: RootFilesystem, file: string, signal: AbortSignal): Promise<void> {
  const { repository, tag } = toolchainReference(root.identity)
  const answer = await session.api.stream({
    method: 'POST',
    path: '/images/create',
    query: { fromSrc: '-', repo: repository, tag, changes: [`LABEL dev.orchestrate.toolchain=${root.identity}`] },
    upload: createReadStream(file, { highWaterMark: 1 << 20 }),
    signal,
    deadline: IMPORT_DEADLINE,
  })
  let lastStatus: string | null = null
  for await (const line of readJsonLines(answer)) {
    const refusal = optionalTextAt(line, 'error')
    if (refusal !== null) throw new EngineTrouble(engineError('engine/refused', `the engine refused to import a toolchain: ${refusal}`))
    lastStatus = optionalTextAt(line, 'status') ?? lastStatus
  }
  if (lastStatus === null) throw new UnexpectedAnswer('the import of a toolchain ended without a result')
}

/** Milliseconds; the engine answers the head only after it has read the tar. */
const IMPORT_DEADLINE = 30 * 60_000

function sameDigests(a: readonly Digest[], b: readonly Digest[]): boolean {
  return a.length === b.length && a.every((digest, index) => digest === b[index])
}
