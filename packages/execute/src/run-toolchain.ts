import type { TargetOutcome } from '@orchestrate/core'
import type { ToolchainTarget } from '@orchestrate/graph'
import { readyToolchain } from './ready-toolchain.ts'
import type { Run } from './run.ts'

/** Bootstraps or reads a toolchain that the store lacks. */
export async function runToolchain(run: Run, target: ToolchainTarget): Promise<TargetOutcome> {
  run.begin(target.id)
  const started = run.deps.clock.monotonic()
  const progress = (message: string): void => run.emit({ type: 'target-progress', target: target.id, message })
  const ready = await readyToolchain(run, target.id, { layers: false, progress })
  if (!ready.ok) return run.conclude(target.id, { outcome: run.deps.stop.aborted ? 'cancelled' : 'failed', trouble: ready.error })
  run.deps.history.recordGood(target.id, {
    fingerprint: ready.value.identity,
    durationMs: Math.round(run.deps.clock.monotonic() - started),
  })
  return run.conclude(target.id, { outcome: 'succeeded', toolchainBytes: ready.value.root.size })
}
