import { type EnvironmentError, ok, type Result } from '@orchestrate/core'
import type { Engine, EngineDescription, ImageLoader, ImageRunner, RunIdentity } from '@orchestrate/execute'
import type { Host } from './host.ts'
import { createRunIdentity } from './run-identity.ts'

/** What engines are made with. */
export interface EngineSurroundings {
  readonly host: Host
  readonly run: RunIdentity
  /** Absolute. */
  readonly storeRoot: string
}

export function surroundingsOf(host: Host, storeRoot: string): EngineSurroundings {
  return { host, run: createRunIdentity(host.pid), storeRoot }
}

export type RunningEngine = Engine & { readonly runner: ImageRunner }

/** Docker keeps images besides. */
export type KeepingEngine = RunningEngine & { readonly images: ImageLoader }

/** An engine that has answered. */
export interface ConnectedEngine<E extends RunningEngine = RunningEngine> {
  readonly engine: E
  readonly description: EngineDescription
}

/** Speaks to an engine for the first time, and removes what dead runs left in it. One that does not answer is let go. */
export async function connect<E extends RunningEngine>(
  engine: E,
  signal: AbortSignal,
): Promise<Result<ConnectedEngine<E>, EnvironmentError>> {
  const described = await engine.probe(signal)
  return conclude(engine, described, described.ok ? await engine.sweep(signal) : ok([]))
}

/** The same for a daemon, which can be asked both at once. */
export async function connectAtOnce<E extends RunningEngine>(
  engine: E,
  signal: AbortSignal,
): Promise<Result<ConnectedEngine<E>, EnvironmentError>> {
  const [described, swept] = await Promise.all([engine.probe(signal), engine.sweep(signal)])
  return conclude(engine, described, swept)
}

async function conclude<E extends RunningEngine>(
  engine: E,
  described: Result<EngineDescription, EnvironmentError>,
  swept: Result<unknown, EnvironmentError>,
): Promise<Result<ConnectedEngine<E>, EnvironmentError>> {
  if (!described.ok || !swept.ok) await engine.close()
  if (!described.ok) return described
  return swept.ok ? ok({ engine, description: described.value }) : swept
}
