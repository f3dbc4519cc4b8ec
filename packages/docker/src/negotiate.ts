import type { Platform } from '@orchestrate/core'
import type { EngineDescription } from '@orchestrate/execute'
import type { DockerApi } from './docker-api.ts'
import { EngineTrouble, engineError } from './engine-errors.ts'
import { listAt, optionalTextAt, textAt } from './json-value.ts'

/** What an engine said about itself. */
export interface EngineFacts extends EngineDescription {
  /** Images lie in layers of the engine's own, which `docker load` can reuse; false for the containerd store. */
  readonly classicStore: boolean
  /** The engine can put an init process before the command. */
  readonly init: boolean
}

/** Oldest and newest API that this package was tried with: Engine 20.10, and the floor of the newest engines. */
const OLDEST_API = '1.41'
const NEWEST_API = '1.44'
const PROBE_DEADLINE = 5_000

/**
 * Asks the engine for its versions and makes `api` speak the newest that both know. Never asks below an engine's MinAPIVersion,
 * which the newest engines refuse.
 *
 * @throws EngineTrouble `engine/unsupported-version` when the ranges do not meet.
 */
export async function negotiate(api: DockerApi, signal: AbortSignal): Promise<EngineFacts> {
  // Both at once, and so both without a version, which every engine answers in its newest.
  const ask = (path: string): Promise<unknown> => api.json({ method: 'GET', path, signal, deadline: PROBE_DEADLINE })
  const [version, info] = await Promise.all([ask('/version'), ask('/info')])
  const engineVersion = optionalTextAt(version, 'Version') ?? 'of unknown version'
  const newest = textAt(version, 'ApiVersion')
  const oldest = optionalTextAt(version, 'MinAPIVersion') ?? newest
  const chosen = compareVersions(newest, NEWEST_API) < 0 ? newest : NEWEST_API
  if (compareVersions(chosen, OLDEST_API) < 0 || compareVersions(chosen, oldest) < 0) {
    throw new EngineTrouble(
      engineError(
        'engine/unsupported-version',
        `Docker Engine ${engineVersion} speaks API ${oldest} to ${newest}, orchestrate speaks ${OLDEST_API} to ${NEWEST_API}`,
      ),
    )
  }
  api.version = `v${chosen}`
  const driver = textAt(info, 'Driver')
  const classicStore = !listAt(info, 'DriverStatus').some((row) => Array.isArray(row) && String(row[1]).startsWith('io.containerd.'))
  return {
    version: engineVersion,
    platform: platformOf(version),
    summary: `Docker Engine ${engineVersion} (${classicStore ? driver : `containerd store, ${driver}`})`,
    unenforced: [],
    classicStore,
    init: optionalTextAt(info, 'InitBinary') !== null,
  }
}

function platformOf(version: unknown): Platform {
  const architecture = textAt(version, 'Arch')
  return { os: textAt(version, 'Os'), architecture, variant: architecture === 'arm' ? 'v7' : null }
}

/** By number and place: 1.9 is older than 1.41. */
function compareVersions(a: string, b: string): number {
  const [majorA = 0, minorA = 0] = a.split('.').map(Number)
  const [majorB = 0, minorB = 0] = b.split('.').map(Number)
  return majorA - majorB || minorA - minorB
}
