import { type Digest, type EnvironmentError, environmentError, err, ok, type Result } from '@orchestrate/core'
import { type Engine, type EngineImage, EngineStreamError } from '@orchestrate/execute'
import type { Store, StoredBlob } from '@orchestrate/store'
import type { Acquisition } from '../acquired-root.ts'

export interface ImageRequest {
  readonly name: string
  readonly reference: string
  /** True when its layers must be in the store. */
  readonly layers: boolean
}

/** An image that the engine already has, as a root file system. */
export async function findImage(request: ImageRequest, engine: Engine, store: Store, signal: AbortSignal): Promise<Acquisition> {
  const found = await engine.findImage(request.reference, signal)
  if (!found.ok) return found
  const image = found.value
  if (image === null) return err(notFound(request, engine))
  const layers = request.layers ? await storeLayers(image, engine, store, signal) : ok(null)
  if (!layers.ok) return layers
  const { diffIds, env, user, workdir, platform } = image
  return ok({
    root: { diffIds, env, user, workdir, platform },
    size: image.size,
    source: { kind: 'image', reference: request.reference },
    layers: layers.value,
    image,
  })
}

async function storeLayers(
  image: EngineImage,
  engine: Engine,
  store: Store,
  signal: AbortSignal,
): Promise<Result<readonly StoredBlob[], EnvironmentError>> {
  const layers = new Map<Digest, StoredBlob>()
  try {
    for await (const layer of engine.exportLayers(image, signal)) {
      const stored = await store.blobs.put(layer.content, { expected: layer.diffId })
      if (!stored.ok) return stored
      layers.set(layer.diffId, stored.value)
    }
  } catch (error) {
    if (!(error instanceof EngineStreamError)) throw error
    return err(incomplete(image, engine, error.message))
  }
  const ordered: StoredBlob[] = []
  for (const diffId of image.diffIds) {
    const layer = layers.get(diffId)
    if (layer === undefined) return err(incomplete(image, engine, `missing: ${diffId}`))
    ordered.push(layer)
  }
  return ok(ordered)
}

function notFound({ name, reference }: ImageRequest, engine: Engine): EnvironmentError {
  const pull = engine.name === 'docker' ? `docker pull ${reference}` : `pull ${reference}`
  return environmentError({
    id: 'toolchain/image-not-found',
    message: `the engine "${engine.name}" has no image "${reference}" (toolchain "${name}")`,
    help: `orchestrate does not pull images yet: run \`${pull}\` first`,
  })
}

function incomplete(image: EngineImage, engine: Engine, detail: string): EnvironmentError {
  return environmentError({
    id: 'toolchain/image-incomplete',
    message: `the engine "${engine.name}" did not give all layers of image "${image.reference}"`,
    details: [detail],
    help: 'see whether the engine still has the image, and try again',
  })
}
