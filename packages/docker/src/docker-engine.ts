import type { Clock } from '@orchestrate/core'
import type { Engine, ImageLoader, ImageRunner, RunIdentity } from '@orchestrate/execute'
import { createDockerApi } from './docker-api.ts'
import type { DockerHost } from './docker-host.ts'
import { attempt } from './engine-errors.ts'
import { examineEngine } from './examine-engine.ts'
import { exportLayers } from './export-layers.ts'
import { inspectImage, orNull } from './image-calls.ts'
import { createImageLoader } from './image-loader.ts'
import { cacheVolumeName } from './names.ts'
import { type EngineFacts, negotiate } from './negotiate.ts'
import { prepareRoot } from './prepare-root.ts'
import { runBuilder } from './run-builder.ts'
import { createImageRunner } from './run-image.ts'
import type { DockerSession } from './session.ts'
import { createReaper } from './start-reaper.ts'
import { removeOwn, sweepDeadRuns } from './sweep.ts'

export interface DockerEngineOptions {
  readonly host: DockerHost
  readonly run: RunIdentity
  /** The bundled src/reaper.ts, or null to leave nothing behind that looks after a killed run. */
  readonly reaperPath: string | null
  /** Where temporary files may go; made when needed. */
  readonly spoolDirectory: string
  /** The engine's machine is this one: outputs are read where they lie if this user may, instead of being sent as an archive. */
  readonly sharesFiles: boolean
  readonly clock: Clock
}

/** Milliseconds for the last clean-up; what is not done by then is the reaper's. */
const CLOSE_DEADLINE = 10_000

/** An Engine on the Docker Engine API. It speaks to nobody before it is asked something. */
export function createDockerEngine(options: DockerEngineOptions): Engine & { readonly images: ImageLoader; readonly runner: ImageRunner } {
  const session = createSession(options)
  const { api } = session
  return {
    name: 'docker',
    images: createImageLoader(session),
    runner: createImageRunner(session),
    probe: (signal) => attempt(api.host, 'asking for its version', () => session.facts(signal)),
    findImage: (reference, signal) =>
      attempt(api.host, `looking for image "${reference}"`, async () => {
        await session.facts(signal)
        const image = await inspectImage(api, reference, signal)
        if (image === null) return null
        session.layersOfImages.set(image.id, image.diffIds)
        return { reference, ...image }
      }),
    exportLayers: (image, signal) => exportLayers(session, image, signal),
    prepare: (root, signal) => attempt(api.host, 'importing a toolchain', async () => void (await prepareRoot(session, root, signal))),
    hasCache: (key, signal) =>
      attempt(api.host, `looking for cache "${key.id}"`, async () => {
        await session.facts(signal)
        return (await orNull(api.json({ method: 'GET', path: `/volumes/${cacheVolumeName(key)}`, signal }))) !== null
      }),
    run: (builder, control) => attempt(api.host, `running builder "${builder.id}"`, () => runBuilder(session, builder, control)),
    // Lists and labels are the same in every version, so that nothing need be known of the engine.
    sweep: (signal) => attempt(api.host, 'removing what dead runs left', () => sweepDeadRuns(session, signal)),
    examine: (signal) => examineEngine(session, signal),
    close: () => close(session),
  }
}

function createSession({ host, run, reaperPath, spoolDirectory, sharesFiles, clock }: DockerEngineOptions): DockerSession {
  const api = createDockerApi(host)
  let facts: Promise<EngineFacts> | null = null
  return {
    api,
    run,
    clock,
    spoolDirectory,
    sharesFiles,
    reaper: createReaper(reaperPath, host, run),
    facts: (signal) => {
      if (facts !== null) return facts
      const asked = negotiate(api, signal)
      facts = asked
      asked.catch(() => {
        facts = null
      })
      return asked
    },
    layersOfImages: new Map(),
    rootImages: new Map(),
    overlay: true,
    unsettled: new Set(),
  }
}

/** The reaper is sent home only when nothing is left for it. */
async function close(session: DockerSession): Promise<void> {
  if (session.unsettled.size > 0) {
    const removed = await attempt(session.api.host, 'cleaning up', () => removeOwn(session, AbortSignal.timeout(CLOSE_DEADLINE)))
    if (removed.ok) session.unsettled.clear()
  }
  if (session.unsettled.size === 0) session.reaper.dismiss()
  session.api.close()
}
