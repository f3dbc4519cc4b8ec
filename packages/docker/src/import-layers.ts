import { digestHex, digestOf } from '@orchestrate/core'
import type { RootFilesystem } from '@orchestrate/execute'
import { packTar } from 'modern-tar/fs'
import { EngineTrouble, engineError } from './engine-errors.ts'
import { readJsonLines } from './json-lines.ts'
import { optionalTextAt } from './json-value.ts'
import type { DockerSession } from './session.ts'

type Layers = Extract<RootFilesystem['content'], { kind: 'layers' }>['layers']

/**
 * `docker load`: the tars become the layers of an image without any configuration but our label, whiteouts and all.
 *
 * @see https://github.com/moby/docker-image-spec/blob/v1.3.1/spec.md#combined-image-json--filesystem-changeset-format
 * @throws EngineTrouble `engine/refused`
 */
export async function importLayers(
  session: DockerSession,
  root: RootFilesystem,
  image: { readonly layers: Layers; readonly reference: string },
  signal: AbortSignal,
): Promise<void> {
  const config = JSON.stringify({
    os: root.platform.os,
    architecture: root.platform.architecture,
    config: { Labels: { 'dev.orchestrate.toolchain': root.identity } },
    rootfs: { type: 'layers', diff_ids: image.layers.map(({ diffId }) => diffId) },
  })
  const names = image.layers.map((_, index) => `${index}/layer.tar`)
  const configName = `${digestHex(digestOf(config))}.json`
  const manifest = JSON.stringify([{ Config: configName, RepoTags: [image.reference], Layers: names }])
  const upload = packTar([
    ...image.layers.map(({ file }, index) => ({ type: 'file' as const, source: file, target: `${index}/layer.tar` })),
    { type: 'content' as const, content: config, target: configName },
    { type: 'content' as const, content: manifest, target: 'manifest.json' },
  ])
  const answer = await session.api.stream({
    method: 'POST',
    path: '/images/load',
    query: { quiet: true },
    upload,
    signal,
    deadline: DEADLINE,
  })
  for await (const line of readJsonLines(answer)) {
    const refusal = optionalTextAt(line, 'errorDetail', 'message') ?? optionalTextAt(line, 'error')
    if (refusal !== null) throw new EngineTrouble(engineError('engine/refused', `the engine refused to load a toolchain: ${refusal}`))
  }
}

/** Milliseconds; the engine answers the head only after it has read the tar. */
const DEADLINE = 30 * 60_000
