import { createReadStream } from 'node:fs'
import { type EnvironmentError, err, ok, type Result, type TargetOutcome, type Trouble } from '@orchestrate/core'
import { describeBuild, type InventoryEntry } from '@orchestrate/fingerprint'
import type { BuildTarget, ToolchainTarget } from '@orchestrate/graph'
import type { BuildRecord, IngestedOutputs, Scratch } from '@orchestrate/store'
import { type BuilderLog, type LogStream, openBuilderLog } from './builder-log.ts'
import { builderEnvironment } from './builder-environment.ts'
import { cacheKeys } from './caches.ts'
import { completeFingerprint } from './complete-fingerprint.ts'
import { type Builder, type BuilderExit, type BuilderMount, type Engine, EngineStreamError } from './engine.ts'
import { layOutMounts } from './lay-out-mounts.ts'
import { connectEngine, readyToolchain } from './ready-toolchain.ts'
import type { Run } from './run.ts'
import type { ReadyToolchain } from './toolchain-port.ts'
import { artifactLost, exited, inputsChanged, outputMissing, outputsLost, timedOut } from './trouble.ts'
import { type Expired, watchBuilder } from './watch-builder.ts'

/** Runs the builder of a target and stores what it yields; the record is written last. `leave` is called once the builder has ended well. */
export async function runBuild(run: Run, target: BuildTarget, leave: () => void): Promise<TargetOutcome> {
  run.begin(target.id)
  const started = run.deps.clock.monotonic()
  const onLine = (stream: LogStream, line: string): void => run.emit({ type: 'target-output', target: target.id, stream, line })
  const log = openBuilderLog(run.deps.store.logs.pathFor(run.plan.graph.workspace.root, target.id), run.deps.showsOutput ? onLine : null)
  const built = await build(run, target, { log, leave })
  log.close()
  const logFacts = { logPath: log.path, logTail: log.tail() }
  if (!built.ok) return concludeFailure(run, target, built.error, logFacts)
  const recorded = await record(run, target, { ...built.value, log }, Math.round(run.deps.clock.monotonic() - started))
  if (!recorded.ok) return concludeFailure(run, target, recorded.error, logFacts)
  const { artifacts, toolchainBytes } = recorded.value
  const artifactBytes = artifacts.length === 0 ? null : artifacts.reduce((sum, artifact) => sum + artifact.bytes, 0)
  return run.conclude(target.id, { outcome: 'succeeded', artifactBytes, toolchainBytes, ...logFacts })
}

interface Built {
  readonly artifacts: BuildRecord['artifacts']
  readonly toolchainBytes: number
}

type Ending = Trouble | { readonly kind: 'cancelled' }

async function build(
  run: Run,
  target: BuildTarget,
  { log, leave }: { readonly log: BuilderLog; readonly leave: () => void },
): Promise<Result<Built, Ending>> {
  const toolchain = await readyToolchain(run, target.toolchain, { layers: false, progress: () => {} })
  if (!toolchain.ok) return toolchain
  const engine = await connectEngine(run)
  if (!engine.ok) return engine
  const scratch = await run.deps.store.scratch()
  if (!scratch.ok) return scratch
  await using held = scratch.value
  const mounts = await currentMounts(run, target, held)
  if (!mounts.ok) return mounts
  const builder = describeBuilder(run, target, { toolchain: toolchain.value, mounts: mounts.value })
  const { exit, expired } = await runWatched(run, target, { engine: engine.value, builder, log })
  if (!exit.ok) return run.deps.stop.aborted ? err({ kind: 'cancelled' }) : exit
  // The builder is done: the next one may start while its outputs are stored.
  if (exit.value.code === 0 && expired === null) leave()
  try {
    return await collect(run, target, { exit: exit.value, expired, log, toolchain: toolchain.value })
  } finally {
    run.release(exit.value)
  }
}

interface Watched {
  readonly exit: Result<BuilderExit, EnvironmentError>
  /** The deadline that ended it, or null. */
  readonly expired: Expired | null
}

/** Runs the builder to its end, or to that of its time. */
async function runWatched(
  run: Run,
  target: BuildTarget,
  { engine, builder, log }: { readonly engine: Engine; readonly builder: Builder; readonly log: BuilderLog },
): Promise<Watched> {
  const watch = watchBuilder(target.build.limits, run.deps)
  const write = (stream: LogStream) => (chunk: Uint8Array) => {
    watch.heard()
    log.write(stream, chunk)
  }
  try {
    const stop = AbortSignal.any([run.deps.stop, watch.signal])
    const exit = await engine.run(builder, { stdout: write('stdout'), stderr: write('stderr'), stop, kill: run.deps.kill })
    return { exit, expired: watch.expired() }
  } finally {
    watch.over()
  }
}

interface Collected {
  readonly exit: BuilderExit
  readonly expired: Expired | null
  readonly log: BuilderLog
  readonly toolchain: ReadyToolchain
}

/** Success is only: exit 0 of a builder that nobody stopped, and every declared output stored. */
async function collect(run: Run, target: BuildTarget, { exit, expired, log, toolchain }: Collected): Promise<Result<Built, Ending>> {
  if (run.deps.stop.aborted && exit.stopped) return err({ kind: 'cancelled' })
  if (expired !== null) return err(timedOut(expired))
  if (exit.stopped) return err({ kind: 'cancelled' })
  const { build: declared } = target
  if (exit.code !== 0 || exit.outOfMemory) {
    return err(
      exited(exit, {
        toolchain: declared.toolchain.value,
        networkOff: declared.network === 'off',
        memory: declared.limits.memory,
        tail: log.tail(),
      }),
    )
  }
  const toolchainBytes = toolchain.root.size
  if (declared.outputs.length === 0) return ok({ artifacts: [], toolchainBytes })
  const outputs = declared.outputs.map((output) => output.value)
  const ingested = await ingest(run, exit, outputs)
  if (!ingested.ok) return ingested
  const artifacts = ingested.value.artifacts.flatMap((artifact) => artifact ?? [])
  const missing = outputs.filter((_, index) => (ingested.value.artifacts[index] ?? null) === null)
  return missing.length > 0 ? err(outputMissing(missing, ingested.value.found)) : ok({ artifacts, toolchainBytes })
}

async function ingest(run: Run, exit: BuilderExit, outputs: readonly string[]): Promise<Result<IngestedOutputs, Ending>> {
  try {
    return await run.deps.store.ingest(exit.outputs(run.deps.kill), outputs)
  } catch (cause) {
    if (!(cause instanceof EngineStreamError)) throw cause
    return err(run.deps.stop.aborted ? { kind: 'cancelled' } : outputsLost(cause))
  }
}

/** The mounts of the inputs as hashed; when one has changed since, the target is planned again, once. */
async function currentMounts(run: Run, target: BuildTarget, scratch: Scratch): Promise<Result<readonly BuilderMount[], Trouble>> {
  const planned = run.plan.inventory.inputs.get(target.id) ?? []
  const first = await layOutMounts(run, target, planned, scratch)
  if (first.ok) return first
  if (first.error.kind !== 'changed') return err(first.error)
  const fresh = await planAgain(run, target, planned)
  if (!fresh.ok) return fresh
  const second = await layOutMounts(run, target, fresh.value, scratch)
  if (second.ok) return second
  return err(second.error.kind === 'changed' ? inputsChanged(second.error.paths) : second.error)
}

async function planAgain(
  run: Run,
  target: BuildTarget,
  planned: readonly InventoryEntry[],
): Promise<Result<readonly InventoryEntry[], Trouble>> {
  const paths = planned.map((entry) => entry.path)
  const resolved = await run.plan.inventory.tree.resolve(paths, run.deps.stop)
  if (!resolved.ok) return err(inputsChanged(resolved.error.map((finding) => finding.message)))
  const gone = paths.filter((path) => !resolved.value.has(path))
  if (gone.length > 0) return err(inputsChanged(gone))
  const inputs = paths.flatMap((path) => resolved.value.get(path) ?? [])
  const toolchain = toolchainOf(run, target)
  run.ingredients.set(target.id, describeBuild(target, { inputs, toolchain: toolchain.toolchain, platform: run.deps.platform }))
  run.fingerprints.delete(target.id)
  run.emit({
    type: 'notice',
    id: 'inputs/changed',
    message: `inputs of "${target.id}" changed after they had been planned; it is built from what is there now`,
    help: null,
  })
  return ok(inputs)
}

function toolchainOf(run: Run, target: BuildTarget): ToolchainTarget {
  const toolchain = run.target(target.toolchain)
  if (toolchain.kind !== 'toolchain') throw new Error(`${target.toolchain} is not a toolchain`)
  return toolchain
}

/** A runaway fork loop ends here, far above what compilers need. */
const PIDS_LIMIT = 4096
const GRACE_MS = 5_000
/** Runs each step by a shell of its own, so that `cd` and variables do not leak; the first failing step ends the build with its code. */
const STEPS_SCRIPT = 'for step in "$@"; do sh -ec "$step"; done'

function describeBuilder(
  run: Run,
  target: BuildTarget,
  from: { readonly toolchain: ReadyToolchain; readonly mounts: readonly BuilderMount[] },
): Builder {
  const { build: declared } = target
  return {
    id: `${target.service}-${declared.name}`,
    run: run.deps.run,
    root: from.toolchain.root,
    argv: argvOf(target),
    env: builderEnvironment(run, target, toolchainOf(run, target), from.toolchain.root),
    workdir: declared.workdir,
    user: declared.user,
    hostname: 'builder',
    mounts: from.mounts,
    caches: cacheKeys(run, target, from.toolchain),
    network: declared.network,
    certificates: declared.network === 'on' ? run.deps.hostCertificates : null,
    limits: { pids: PIDS_LIMIT, memory: declared.limits.memory, cpus: declared.limits.cpus },
    graceMs: GRACE_MS,
  }
}

function argvOf(target: BuildTarget): readonly string[] {
  const { command } = target.build
  if (command.kind === 'exec') return command.argv
  const [only, ...more] = command.steps
  return more.length === 0 ? ['sh', '-ec', only ?? ':'] : ['sh', '-ec', STEPS_SCRIPT, 'sh', ...command.steps]
}

/** Commit order: artifacts are stored already; then the manifest and the log, then the record. */
async function record(
  run: Run,
  target: BuildTarget,
  built: Built & { readonly log: BuilderLog },
  durationMs: number,
): Promise<Result<BuildRecord, EnvironmentError>> {
  const completed = completeFingerprint(run, target.id)
  if (!completed.ok) return err(artifactLost(completed.error))
  const { fingerprint, manifest } = completed.value
  const [stored, log] = await Promise.all([run.deps.store.blobs.put(manifest, { expected: fingerprint }), keepLog(run, built.log)])
  if (!stored.ok) return stored
  const { artifacts, toolchainBytes } = built
  const finishedAt = run.deps.clock.now()
  const entry: BuildRecord = {
    schema: 1,
    kind: 'build',
    fingerprint,
    target: target.id,
    durationMs,
    finishedAt,
    log,
    artifacts,
    toolchainBytes,
  }
  const written = await run.deps.store.records.put(entry)
  if (!written.ok) return written
  run.records.set(target.id, entry)
  run.deps.history.recordGood(target.id, { fingerprint, durationMs })
  return ok(entry)
}

/** The log belongs to the record: a hit shows the log of the run that made it, whoever ran it. Losing it costs no build. */
async function keepLog(run: Run, log: BuilderLog): Promise<BuildRecord['log']> {
  if (log.size() === 0) return null
  const stored = await run.deps.store.blobs.put(createReadStream(log.path))
  return stored.ok ? stored.value.digest : null
}

function concludeFailure(
  run: Run,
  target: BuildTarget,
  ending: Ending,
  logFacts: { readonly logPath: string; readonly logTail: readonly string[] },
): TargetOutcome {
  if (ending.kind === 'cancelled') return run.conclude(target.id, { outcome: 'cancelled', ...logFacts })
  const completed = completeFingerprint(run, target.id)
  if (completed.ok && ending.kind === 'failure') run.deps.history.recordFailure(target.id, completed.value.fingerprint)
  return run.conclude(target.id, { outcome: 'failed', trouble: ending, ...logFacts })
}
