import type { ActionRecord, BuildRecord, History, ImageRecord, Store } from '@orchestrate/store'
import type {
  BuildEvent,
  Clock,
  Digest,
  EmitEvent,
  EnvironmentError,
  Platform,
  Result,
  Ticker,
  TargetId,
  TargetOutcome,
  TargetSummary,
} from '@orchestrate/core'
import type { Fingerprinted, Ingredients } from '@orchestrate/fingerprint'
import type { Target } from '@orchestrate/graph'
import type { Plan, PlannedTarget } from '@orchestrate/plan'
import pLimit, { type LimitFunction } from 'p-limit'
import type { Engine, RunIdentity } from './engine.ts'
import type { ImageEmitter, ImageSink } from './image-ports.ts'
import type { ReadyToolchain, ToolchainProvider } from './toolchain-port.ts'

export interface ExecuteOptions {
  /** Builders and bootstraps that run at once, at least 1. */
  readonly jobs: number
  /**
   * `stop`: after a failure nothing new starts. `dependents`: what depends on it is skipped, the rest goes on.
   * `continue`: as `dependents`, and images whose gate failed are still emitted into the store, but never delivered.
   */
  readonly onFailure: 'stop' | 'dependents' | 'continue'
  /** Act although the store holds the outcome. */
  readonly force: boolean
}

export interface ExecuteDeps {
  readonly store: Store
  readonly history: History
  /** The first missing or damaged blob of a record, or null. */
  readonly damaged: (record: ActionRecord) => Promise<Digest | null>
  /** Connects on first use: a run whose targets are all current needs no engine. */
  readonly engine: () => Promise<Result<Engine, EnvironmentError>>
  readonly toolchains: ToolchainProvider
  readonly emitter: ImageEmitter
  /** Where images go besides the store; may be empty. */
  readonly sinks: readonly ImageSink[]
  readonly platform: Platform
  /** Identities from builder.lock by toolchain name; null where it has no entry. */
  readonly identities: ReadonlyMap<string, Digest | null>
  readonly run: RunIdentity
  /** The host's CA bundle for builders with a network, or null. */
  readonly hostCertificates: string | null
  /** Proxy variables of the host, for builders with a network; never in a fingerprint. */
  readonly proxyEnvironment: ReadonlyMap<string, string>
  readonly clock: Clock
  /** Paces the watch over builders' deadlines. */
  readonly ticker: Ticker
  /** Bytes that builders may use together; null when nobody knows. */
  readonly memoryBudget: number | null
  readonly emit: EmitEvent
  /** Whether anyone shows what builders write; otherwise no events are made of it. */
  readonly showsOutput: boolean
  /** First interrupt: nothing new starts, running builders are asked to end. */
  readonly stop: AbortSignal
  /** Second interrupt: running builders are killed. */
  readonly kill: AbortSignal
}

/** What is known about a target by now, shared by the steps of one run. */
export interface Run {
  readonly plan: Plan
  readonly options: ExecuteOptions
  readonly deps: ExecuteDeps
  readonly summaries: ReadonlyMap<TargetId, TargetSummary>
  /** Fingerprints completed so far, of targets that have not ended. */
  readonly fingerprints: Map<TargetId, Fingerprinted>
  /** Ingredients that replace the plan's, because inputs changed between planning and reading. */
  readonly ingredients: Map<TargetId, Ingredients>
  /** Whether a cache was filled when this run first asked, by name. */
  readonly filledCaches: Map<string, Promise<Result<boolean, EnvironmentError>>>
  /** Records of targets that succeeded or were current. */
  readonly records: Map<TargetId, ActionRecord>
  readonly toolchains: Map<string, Promise<Result<ReadyToolchain, NonNullable<TargetSummary['trouble']>>>>
  /** Input and output of many small files. */
  readonly io: LimitFunction
  /** Estimate for a target without history: the median of those with one, else 10. */
  readonly defaultSeconds: number
  planned(id: TargetId): PlannedTarget
  target(id: TargetId): Target
  isGate(id: TargetId, dependency: TargetId): boolean
  identity(toolchain: string): Digest | null
  setIdentity(toolchain: string, identity: Digest): void
  buildRecord(id: TargetId): BuildRecord | null
  imageRecord(id: TargetId): ImageRecord | null
  failed(): boolean
  /** Keeps the history true of a target that was found in the store. */
  rememberHit(id: TargetId): void
  /** Marks the start, for the duration and for reporters. */
  begin(id: TargetId): void
  /** Records how a target ended; emits `target-finished` for those that acted. */
  conclude(id: TargetId, end: TargetEnd): TargetOutcome
  emit(event: UntimedEvent): void
  /** Begins to dispose of a thing whose removal nothing waits for. */
  release(thing: AsyncDisposable): void
  /** Resolves when everything that was released is gone. @throws what its disposal threw (bugs). */
  released(): Promise<void>
  save(): Promise<void>
}

export type TargetEnd = { readonly outcome: TargetOutcome; readonly logTail?: readonly string[] } & Partial<
  Pick<TargetSummary, 'artifactBytes' | 'image' | 'toolchainBytes' | 'trouble' | 'logPath' | 'decision'>
>

type Untimed<E> = E extends BuildEvent ? Omit<E, 'at'> : never
export type UntimedEvent = Untimed<BuildEvent>

const FALLBACK_SECONDS = 10
const IO_CONCURRENCY = 8

export function createRun(plan: Plan, options: ExecuteOptions, deps: ExecuteDeps): Run {
  const summaries = new Map<TargetId, TargetSummary>()
  const started = new Map<TargetId, number>()
  const identities = new Map<string, Digest>()
  const planned = (id: TargetId): PlannedTarget => expectPresent(plan.targets.get(id), id)
  const target = (id: TargetId): Target => expectPresent(plan.graph.targets.get(id), id)
  const records = new Map<TargetId, ActionRecord>()
  for (const item of plan.targets.values()) if (item.record !== null && item.decision === 'current') records.set(item.id, item.record)
  const emit = (event: UntimedEvent): void => deps.emit({ ...event, at: deps.clock.now() })
  const removals: Promise<void>[] = []
  const fingerprints = new Map<TargetId, Fingerprinted>()
  return {
    plan,
    options,
    deps,
    summaries,
    records,
    planned,
    target,
    emit,
    fingerprints,
    ingredients: new Map(),
    filledCaches: new Map(),
    toolchains: new Map(),
    io: pLimit(IO_CONCURRENCY),
    defaultSeconds: medianEstimate(plan),
    isGate: (id, dependency) => {
      const node = target(id)
      return node.kind === 'image' && node.gates.includes(dependency) && !node.artifacts.some((edge) => edge.target === dependency)
    },
    identity: (toolchain) => identities.get(toolchain) ?? deps.identities.get(toolchain) ?? null,
    setIdentity: (toolchain, identity) => void identities.set(toolchain, identity),
    buildRecord: (id) => recordOf(records, id, 'build'),
    imageRecord: (id) => recordOf(records, id, 'image'),
    failed: () => [...summaries.values()].some((summary) => summary.outcome === 'failed'),
    begin: (id) => {
      const { kind, decision, reasons } = planned(id)
      started.set(id, deps.clock.monotonic())
      emit({ type: 'target-started', target: id, kind, decision: decision === 'current' ? 'emit' : decision, reason: reasons[0] ?? null })
    },
    conclude: (id, end) => {
      const begun = started.get(id)
      const summary = summarize(planned(id), end, begun === undefined ? 0 : Math.round(deps.clock.monotonic() - begun))
      summaries.set(id, summary)
      // Its manifest is stored, or wanted no more.
      fingerprints.delete(id)
      if (summary.decision !== 'current') emit({ type: 'target-finished', summary, logTail: end.logTail ?? [] })
      return summary.outcome
    },
    rememberHit: (id) => {
      const record = records.get(id)
      if (record !== undefined) deps.history.recordGood(id, { fingerprint: record.fingerprint, durationMs: record.durationMs })
    },
    release: (thing) => {
      const removal = Promise.resolve(thing[Symbol.asyncDispose]())
      // Seen by whoever waits.
      removal.catch(() => undefined)
      removals.push(removal)
    },
    released: async () => void (await Promise.all(removals)),
    save: async () => {
      const saved = await deps.history.save()
      if (!saved.ok) emit({ type: 'notice', id: saved.error.id, message: saved.error.message, help: saved.error.help })
    },
  }
}

function summarize(planned: PlannedTarget, end: TargetEnd, durationMs: number): TargetSummary {
  const { logTail: _, ...facts } = end
  return {
    id: planned.id,
    kind: planned.kind,
    service: planned.service,
    decision: planned.decision,
    durationMs,
    artifactBytes: null,
    image: null,
    toolchainBytes: null,
    trouble: null,
    logPath: null,
    ...facts,
  }
}

function medianEstimate(plan: Plan): number {
  const known = [...plan.targets.values()].flatMap((target) => target.estimatedSeconds ?? []).toSorted((a, b) => a - b)
  return known[known.length >> 1] ?? FALLBACK_SECONDS
}

function recordOf<K extends ActionRecord['kind']>(
  records: ReadonlyMap<TargetId, ActionRecord>,
  id: TargetId,
  kind: K,
): Extract<ActionRecord, { kind: K }> | null {
  const record = records.get(id)
  return record?.kind === kind ? (record as Extract<ActionRecord, { kind: K }>) : null
}

function expectPresent<T>(value: T | undefined, id: TargetId): T {
  if (value === undefined) throw new Error(`no target ${id} in the plan`)
  return value
}
