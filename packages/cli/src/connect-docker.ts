import { join } from 'node:path'
import { type EnvironmentError, ok, type Result, systemClock } from '@orchestrate/core'
import { findBundled } from './bundled-file.ts'
import type { EngineSurroundings, KeepingEngine } from './connected-engine.ts'

/** Whether a Docker engine is there: quickly, and without loading its client. */
export async function pingDocker({ host }: EngineSurroundings, signal: AbortSignal): Promise<Result<void, EnvironmentError>> {
  const { parseDockerHost, pingEngine } = await import('@orchestrate/docker')
  const parsed = parseDockerHost(host.env)
  return parsed.ok ? pingEngine(parsed.value, signal) : parsed
}

/** Loads the client of the engine, which the first call does otherwise. */
export async function loadDocker(): Promise<void> {
  const { loadDockerClient } = await import('@orchestrate/docker')
  await loadDockerClient()
}

/** A Docker engine that nobody has spoken to yet. Fails only for a DOCKER_HOST that is not supported. */
export async function createDocker({ host, run, storeRoot }: EngineSurroundings): Promise<Result<KeepingEngine, EnvironmentError>> {
  const { createDockerEngine, parseDockerHost } = await import('@orchestrate/docker')
  const parsed = parseDockerHost(host.env)
  if (!parsed.ok) return parsed
  const spoolDirectory = join(storeRoot, 'tmp')
  const reaperPath = findBundled('reaper.js')
  // A local socket: the engine sees the files that we see.
  return ok(createDockerEngine({ host: parsed.value, run, reaperPath, spoolDirectory, sharesFiles: true, clock: systemClock }))
}
