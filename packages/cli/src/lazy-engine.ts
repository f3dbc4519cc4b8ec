import { join } from 'node:path'
import { type EnvironmentError, ok, type Result, systemClock } from '@orchestrate/core'
import type { Engine, ImageLoader } from '@orchestrate/execute'
import { findBundled } from './bundled-file.ts'
import type { Invocation } from './invocation.ts'
import { createRunIdentity } from './run-identity.ts'
import type { Session } from './session.ts'

export type LoadingEngine = Engine & { readonly images: ImageLoader }

export interface LazyEngine extends AsyncDisposable {
  readonly run: ReturnType<typeof createRunIdentity>
  /** Connects on first use, once; what dead runs left is swept then. */
  readonly get: () => Promise<Result<LoadingEngine, EnvironmentError>>
}

/** The engine of a command that may not need one: its client is loaded with the first use. */
export function lazyEngine({ host }: Invocation, session: Session, signal: AbortSignal): LazyEngine {
  const run = createRunIdentity(host.pid)
  let pending: Promise<Result<LoadingEngine, EnvironmentError>> | null = null
  const connect = async (): Promise<Result<LoadingEngine, EnvironmentError>> => {
    const { createDockerEngine, parseDockerHost } = await import('@orchestrate/docker')
    const parsed = parseDockerHost(host.env)
    if (!parsed.ok) return parsed
    const spoolDirectory = join(session.store.root, 'tmp')
    const engine = createDockerEngine({ host: parsed.value, run, reaperPath: findBundled('reaper.js'), spoolDirectory, clock: systemClock })
    const described = await engine.probe(signal)
    if (!described.ok) return described
    const swept = await engine.sweep(signal)
    return swept.ok ? ok(engine) : swept
  }
  return {
    run,
    get: () => {
      pending ??= connect()
      return pending
    },
    [Symbol.asyncDispose]: async () => {
      const engine = pending === null ? null : await pending
      if (engine?.ok === true) await engine.value.close()
    },
  }
}
