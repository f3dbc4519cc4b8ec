import type { EngineChoice } from '@orchestrate/config'
import { type EnvironmentError, err, ok, type Result, systemClock, systemTicker } from '@orchestrate/core'
import type { ExecuteDeps, ImageLoader, ImageSink } from '@orchestrate/execute'
import { createImageEmitter, loaderSink } from '@orchestrate/image'
import type { Plan } from '@orchestrate/plan'
import type { EngineSurroundings } from './connected-engine.ts'
import type { DockerConnection } from './docker-connection.ts'
import { decideEngine } from './engine-choice.ts'
import { engineOf, type Engines, openEngines } from './engines.ts'
import { findHostCertificates, proxyEnvironment } from './host-certificates.ts'
import type { Interrupts } from './interrupts.ts'
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
  readonly engines: Engines
}

export interface ExecutionRequest {
  readonly invocation: Invocation
  readonly session: Session
  readonly planned: PlannedWorkspace
  readonly delivery: Delivery
  readonly surroundings: EngineSurroundings
  /** Closed with the execution. */
  readonly docker: DockerConnection
  /** What the command line or a variable says, or null. */
  readonly engine: EngineChoice | null
  /** Refuse to change builder.lock. */
  readonly locked: boolean
  readonly interrupts: Interrupts
  readonly reporter: Reporter
}

/** Connects what a run needs. An engine that is needed and does not answer ends the command before any work. */
export async function openExecution(request: ExecutionRequest): Promise<Result<Execution, Stop>> {
  const engines = openChosenEngines(request)
  const sinks = await openSinks(request, engines)
  if (sinks.ok)
    return ok({ deps: executeDeps(request, engines, sinks.value), engines, [Symbol.asyncDispose]: engines[Symbol.asyncDispose] })
  await engines[Symbol.asyncDispose]()
  return sinks
}

function openChosenEngines({ surroundings, docker, planned, engine, interrupts, reporter }: ExecutionRequest): Engines {
  return openEngines({
    surroundings,
    docker,
    choice: decideEngine(engine, planned.workspace.engine),
    signal: interrupts.stop,
    onChosen: ({ engine: { name }, description: { summary, unenforced } }, because) =>
      reporter.report({
        type: 'engine-chosen',
        at: systemClock.now(),
        engine: name,
        summary,
        because,
        unenforced: unenforced.filter((limit) => concerns(limit, planned.plan)),
      }),
  })
}

/** Memory and processors are limited for builds that say so only; what is not enforced of them concerns nobody else. */
function concerns(limit: string, plan: Plan): boolean {
  const [, name] = /^(memory|cpus): /.exec(limit) ?? []
  if (name !== 'memory' && name !== 'cpus') return true
  return [...plan.targets.keys()].some((id) => {
    const target = plan.graph.targets.get(id)
    return target?.kind === 'build' && target.build.limits[name] !== null
  })
}

/** Where images go, once everything that the run needs has answered. */
async function openSinks({ planned, delivery, interrupts }: ExecutionRequest, engines: Engines): Promise<Result<ImageSink[], Stop>> {
  const builders = runsBuilders(planned.plan) ? await engines.builders() : ok(null)
  if (!builders.ok) return err(trouble(builders.error))
  const loader = hasImages(planned.plan) ? await findLoader(engines, delivery.load) : ok(null)
  if (!loader.ok) return err(trouble(loader.error))
  loader.value?.survey(interrupts.stop)
  for (const sink of delivery.sinks) {
    const prepared = await sink.prepare(interrupts.stop)
    if (!prepared.ok) return err(trouble(prepared.error))
  }
  return ok([...delivery.sinks, ...(loader.value === null ? [] : [loaderSink(loader.value)])])
}

async function findLoader(engines: Engines, load: Delivery['load']): Promise<Result<ImageLoader | null, EnvironmentError>> {
  if (load === 'never') return ok(null)
  const docker = load === 'always' ? await engines.docker() : await engines.dockerWhereKept()
  return docker.ok ? ok(docker.value?.engine.images ?? null) : docker
}

function executeDeps(request: ExecutionRequest, engines: Engines, sinks: readonly ImageSink[]): ExecuteDeps {
  const { invocation, session, planned, interrupts, reporter } = request
  const { env } = invocation.host
  const { toolchains } = openToolchains({ ...request, lock: planned.lock, engine: () => engineOf(engines.chosenDocker()) })
  return {
    store: session.store,
    history: session.state.history,
    damaged: (record) => findDamaged(session, record),
    engine: () => engineOf(engines.builders()),
    toolchains,
    emitter: createImageEmitter({ store: session.store }),
    sinks,
    platform: session.platform,
    identities: planned.lock.locked.identities,
    run: engines.run,
    hostCertificates: planned.workspace.builderCertificates === 'host' ? findHostCertificates(env) : null,
    proxyEnvironment: proxyEnvironment(env),
    clock: systemClock,
    ticker: systemTicker,
    memoryBudget: process.availableMemory(),
    emit: reporter.report,
    showsOutput: reporter.showsOutput,
    stop: interrupts.stop,
    kill: interrupts.kill,
  }
}

const hasImages = (plan: Plan): boolean => [...plan.targets.values()].some((target) => target.kind === 'image')

const runsBuilders = (plan: Plan): boolean =>
  [...plan.targets.values()].some((target) => target.kind === 'build' && target.decision === 'build')
