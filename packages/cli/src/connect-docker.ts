import { join } from 'node:path'
import { type EnvironmentError, ok, type Result, systemClock } from '@orchestrate/core'
import { findBundled } from './bundled-file.ts'
import { connect, type ConnectedEngine, type EngineSurroundings, type KeepingEngine } from './connected-engine.ts'

/** Connects to the Docker engine of this machine; its client is loaded now. */
export async function connectDocker(
  surroundings: EngineSurroundings,
  signal: AbortSignal,
): Promise<Result<ConnectedEngine<KeepingEngine>, EnvironmentError>> {
  const made = await createDocker(surroundings)
  return made.ok ? connect(made.value, signal) : made
}

/** Whether a Docker engine is there: quickly, and without loading its client. */
export async function pingDocker({ host }: EngineSurroundings, signal: AbortSignal): Promise<Result<void, EnvironmentError>> {
  const { parseDockerHost, pingEngine } = await import('@orchestrate/docker')
  const parsed = parseDockerHost(host.env)
  return parsed.ok ? pingEngine(parsed.value, signal) : parsed
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
