import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type EmitEvent, type EnvironmentError, err, ok, type Result, systemClock } from '@orchestrate/core'
import type { Engine, ExecuteDeps, ImageLoader, RunIdentity } from '@orchestrate/execute'
import { createImageEmitter, loaderSink } from '@orchestrate/image'
import type { Plan } from '@orchestrate/plan'
import { findHostCertificates, proxyEnvironment } from './host-certificates.ts'
import type { Interrupts } from './interrupts.ts'
import type { Delivery } from './open-delivery.ts'
import { findDamaged } from './plan-lookups.ts'
import type { PlannedWorkspace } from './plan-workspace.ts'
import type { Invocation } from './program.ts'
import { createRunIdentity } from './run-identity.ts'
import type { Session } from './session.ts'
import { type Stop, trouble } from './stop.ts'
import { openToolchains } from './workspace-lock.ts'

export interface Execution extends AsyncDisposable {
  readonly deps: ExecuteDeps
}

export interface ExecutionRequest {
  readonly invocation: Invocation
  readonly session: Session
  readonly planned: PlannedWorkspace
  readonly delivery: Delivery
  /** Refuse to change builder.lock. */
  readonly locked: boolean
  readonly interrupts: Interrupts
  readonly emit: EmitEvent
}

/** Connects what a run needs. An engine that is needed and does not answer ends the command before any work. */
export async function openExecution(request: ExecutionRequest): Promise<Result<Execution, Stop>> {
  const { invocation, session, planned, delivery, interrupts } = request
  const { host } = invocation
  const run = createRunIdentity(host.pid)
  const engine = lazyEngine(invocation, { run, spoolDirectory: join(session.store.root, 'tmp'), signal: interrupts.stop })
  if (needsEngine(planned.plan, delivery)) {
    const connected = await engine.get()
    if (!connected.ok) return err(trouble(connected.error))
  }
  const toolchains = await openToolchains({ ...request, engine: engine.get })
  if (!toolchains.ok) return toolchains
  const loader = delivery.load && hasImages(planned.plan) ? await engine.get() : null
  if (loader !== null && !loader.ok) return err(trouble(loader.error))
  const deps: ExecuteDeps = {
    store: session.store,
    history: session.state.history,
    damaged: (record) => findDamaged(session, record),
    engine: engine.get,
    toolchains: toolchains.value,
    emitter: createImageEmitter({ store: session.store }),
    sinks: [...delivery.sinks, ...(loader === null ? [] : [loaderSink(loader.value.images)])],
    platform: session.platform,
    identities: planned.lock.identities,
    run,
    hostCertificates: planned.workspace.builderCertificates === 'host' ? findHostCertificates(host.env) : null,
    proxyEnvironment: proxyEnvironment(host.env),
    clock: systemClock,
    emit: request.emit,
    stop: interrupts.stop,
    kill: interrupts.kill,
  }
  return ok({ deps, [Symbol.asyncDispose]: () => engine.close() })
}

const hasImages = (plan: Plan): boolean => [...plan.targets.values()].some((target) => target.kind === 'image')

/** True when a builder runs or an image is loaded: then an engine must answer, before any work. */
function needsEngine(plan: Plan, delivery: Delivery): boolean {
  return (delivery.load && hasImages(plan)) || [...plan.targets.values()].some((target) => target.kind === 'build' && target.decision === 'build')
}

type LoadingEngine = Engine & { readonly images: ImageLoader }

interface LazyEngine {
  readonly get: () => Promise<Result<LoadingEngine, EnvironmentError>>
  readonly close: () => Promise<void>
}

/** Connects on first use, once; what dead runs left is swept then. */
function lazyEngine({ host }: Invocation, options: { readonly run: RunIdentity; readonly spoolDirectory: string; readonly signal: AbortSignal }): LazyEngine {
  let pending: Promise<Result<LoadingEngine, EnvironmentError>> | null = null
  const connect = async (): Promise<Result<LoadingEngine, EnvironmentError>> => {
    const { createDockerEngine, parseDockerHost } = await import('@orchestrate/docker')
    const parsed = parseDockerHost(host.env)
    if (!parsed.ok) return parsed
    const { run, spoolDirectory, signal } = options
    const engine = createDockerEngine({ host: parsed.value, run, reaperPath: findReaper(), spoolDirectory, clock: systemClock })
    const described = await engine.probe(signal)
    if (!described.ok) return described
    const swept = await engine.sweep(signal)
    return swept.ok ? ok(engine) : swept
  }
  return {
    get: () => {
      pending ??= connect()
      return pending
    },
    close: async () => {
      const engine = pending === null ? null : await pending
      if (engine?.ok === true) await engine.value.close()
    },
  }
}


/** The bundler puts it beside the executable; chunks lie one directory below. */
function findReaper(): string | null {
  const places = ['reaper.js', '../reaper.js'].map((name) => fileURLToPath(new URL(name, import.meta.url)))
  return places.find((path) => existsSync(path)) ?? null
}
