import { err, ok, type Result, systemClock } from '@orchestrate/core'
import type { ExecuteDeps } from '@orchestrate/execute'
import { createImageEmitter, loaderSink } from '@orchestrate/image'
import type { Plan } from '@orchestrate/plan'
import { findHostCertificates, proxyEnvironment } from './host-certificates.ts'
import type { Interrupts } from './interrupts.ts'
import { lazyEngine } from './lazy-engine.ts'
import type { Delivery } from './open-delivery.ts'
import { openToolchains } from './open-toolchains.ts'
import { findDamaged } from './plan-lookups.ts'
import type { PlannedWorkspace } from './plan-workspace.ts'
import type { Invocation } from './invocation.ts'
import type { Reporter } from './reporter.ts'
import type { Session } from './session.ts'
import { type Stop, trouble } from './stop.ts'

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
  readonly reporter: Reporter
}

/** Connects what a run needs. An engine that is needed and does not answer ends the command before any work. */
export async function openExecution(request: ExecutionRequest): Promise<Result<Execution, Stop>> {
  const { invocation, session, planned, delivery, interrupts } = request
  const { env } = invocation.host
  const engine = lazyEngine(invocation, session, interrupts.stop)
  const loads = delivery.load && hasImages(planned.plan)
  const connected = loads || runsBuilders(planned.plan) ? await engine.get() : null
  if (connected !== null && !connected.ok) return err(trouble(connected.error))
  for (const sink of delivery.sinks) {
    const prepared = await sink.prepare(interrupts.stop)
    if (!prepared.ok) return err(trouble(prepared.error))
  }
  const { toolchains } = openToolchains({ ...request, lock: planned.lock, engine: engine.get })
  const deps: ExecuteDeps = {
    store: session.store,
    history: session.state.history,
    damaged: (record) => findDamaged(session, record),
    engine: engine.get,
    toolchains,
    emitter: createImageEmitter({ store: session.store }),
    sinks: [...delivery.sinks, ...(loads && connected !== null ? [loaderSink(connected.value.images)] : [])],
    platform: session.platform,
    identities: planned.lock.locked.identities,
    run: engine.run,
    hostCertificates: planned.workspace.builderCertificates === 'host' ? findHostCertificates(env) : null,
    proxyEnvironment: proxyEnvironment(env),
    clock: systemClock,
    emit: request.reporter.report,
    showsOutput: request.reporter.showsOutput,
    stop: interrupts.stop,
    kill: interrupts.kill,
  }
  return ok({ deps, [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose]() })
}

const hasImages = (plan: Plan): boolean => [...plan.targets.values()].some((target) => target.kind === 'image')

const runsBuilders = (plan: Plan): boolean =>
  [...plan.targets.values()].some((target) => target.kind === 'build' && target.decision === 'build')
