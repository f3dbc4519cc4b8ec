import { err, formatBytes, ok, type Result, type TargetId, type Trouble } from '@orchestrate/core'
import type { BuildTarget, ImageTarget, ToolchainTarget } from '@orchestrate/graph'
import { completeFingerprint } from './complete-fingerprint.ts'
import { connectEngine, readyToolchain } from './ready-toolchain.ts'
import { cacheKeys, coldCaches } from './caches.ts'
import { concludeImage } from './run-image.ts'
import type { Run } from './run.ts'
import { artifactLost } from './trouble.ts'
import type { Admission } from './walk.ts'

/** Finishes a target that needs no work, and gets everything ready for one that does; takes no slot meanwhile. */
export async function admitTarget(run: Run, id: TargetId): Promise<Admission> {
  const target = run.target(id)
  if (target.kind === 'toolchain') return admitToolchain(run, target)
  const known = await findRecord(run, target)
  if (!known.ok) return finished(run.conclude(id, { outcome: 'failed', trouble: known.error }))
  if (target.kind === 'image') return admitImage(run, target, known.value)
  return known.value ? finished(await concludeHit(run, target)) : admitBuild(run, target)
}

const finished = (outcome: ReturnType<Run['conclude']>): Admission => ({ kind: 'finished', outcome })

function admitToolchain(run: Run, target: ToolchainTarget): Admission {
  if (run.planned(target.id).decision !== 'current') return { kind: 'run', slot: true, coldCaches: [], memory: 0 }
  return finished(run.conclude(target.id, { outcome: 'succeeded' }))
}

/** True when the store has the target's outcome: as planned, or (early cutoff) now that its needs are known. */
async function findRecord(run: Run, target: BuildTarget | ImageTarget): Promise<Result<boolean, Trouble>> {
  const completed = completeFingerprint(run, target.id)
  if (!completed.ok) return err(artifactLost(completed.error))
  if (run.records.has(target.id)) return ok(true)
  if (run.options.force) return ok(false)
  const record = await run.deps.store.records.get(completed.value.fingerprint)
  if (record === null || record.kind !== target.kind || (await run.deps.damaged(record)) !== null) return ok(false)
  run.records.set(target.id, record)
  return ok(true)
}

async function concludeHit(run: Run, target: BuildTarget): Promise<ReturnType<Run['conclude']>> {
  const record = run.buildRecord(target.id)
  const log = record === null || record.log === null ? null : await run.deps.store.blobs.file(record.log, false)
  run.rememberHit(target.id)
  return run.conclude(target.id, {
    outcome: 'succeeded',
    decision: 'current',
    artifactBytes:
      record === null || record.artifacts.length === 0 ? null : record.artifacts.reduce((sum, artifact) => sum + artifact.bytes, 0),
    toolchainBytes: record?.toolchainBytes ?? null,
    logPath: log?.ok === true ? log.value : null,
  })
}

function admitImage(run: Run, target: ImageTarget, hit: boolean): Admission {
  const blocked = target.gates.find((gate) => run.summaries.get(gate)?.outcome !== 'succeeded')
  if (hit && run.deps.sinks.length === 0 && blocked === undefined)
    return finished(concludeImage(run, target, { emitted: false, reference: null }))
  return { kind: 'run', slot: false, coldCaches: [], memory: 0 }
}

async function admitBuild(run: Run, target: BuildTarget): Promise<Admission> {
  const ready = await readyToolchain(run, target.toolchain, { layers: false, progress: () => {} })
  if (!ready.ok) return finished(run.conclude(target.id, { outcome: 'failed', trouble: ready.error }))
  const engine = await connectEngine(run)
  if (!engine.ok) return finished(run.conclude(target.id, { outcome: 'failed', trouble: engine.error }))
  const [prepared, cold] = await Promise.all([
    engine.value.prepare(ready.value.root, run.deps.stop),
    coldCaches(run, engine.value, cacheKeys(run, target, ready.value)),
  ])
  if (!prepared.ok)
    return finished(run.conclude(target.id, { outcome: run.deps.stop.aborted ? 'cancelled' : 'failed', trouble: prepared.error }))
  return { kind: 'run', slot: true, coldCaches: cold, memory: memoryOf(run, target) }
}

/** Its declared memory. One that needs more than there is runs without others whose memory is known, and says so. */
function memoryOf(run: Run, { id, build }: BuildTarget): number {
  const { memory } = build.limits
  const budget = run.deps.memoryBudget
  if (memory !== null && budget !== null && memory > budget) {
    const message = `"${id}" may use ${formatBytes(memory)} of memory, and ${formatBytes(budget)} are available: it runs by itself`
    run.emit({ type: 'notice', id: 'build/runs-alone', message, help: null })
  }
  return memory ?? 0
}
