import { join } from 'node:path'
import { type EnvironmentError, type Result, systemClock } from '@orchestrate/core'
import { connect, type ConnectedEngine, type EngineSurroundings, type RunningEngine } from './connected-engine.ts'
import { definedVariables } from './host.ts'

/** Makes sure that the embedded engine starts containers, on `runtime` or the first known one that does. */
export async function connectEmbedded(
  surroundings: EngineSurroundings,
  runtime: string | null,
  signal: AbortSignal,
): Promise<Result<ConnectedEngine, EnvironmentError>> {
  return connect(await createEmbedded(surroundings, runtime), signal)
}

/** The embedded engine, which has started nothing yet. */
export async function createEmbedded({ host, run, storeRoot }: EngineSurroundings, runtime: string | null): Promise<RunningEngine> {
  const { createEmbeddedEngine } = await import('@orchestrate/embedded')
  return createEmbeddedEngine({
    runtime,
    directory: join(storeRoot, 'embedded'),
    run,
    env: definedVariables(host.env),
    uid: host.uid,
    gid: host.gid,
    clock: systemClock,
    progress: (message) => host.stderr.write(`${message}\n`),
  })
}
