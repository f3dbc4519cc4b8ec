import { remainingSeconds } from '@orchestrate/graph'
import type { RunOutcome, TargetId, TargetOutcome, TargetSummary } from '@orchestrate/core'
import type { Plan } from '@orchestrate/plan'
import { admitTarget } from './admit-target.ts'
import { runTarget } from './run-target.ts'
import { createRun, type ExecuteDeps, type ExecuteOptions, type Run } from './run.ts'
import { gateFailed, needFailed } from './trouble.ts'
import { walk } from './walk.ts'

export interface RunResult {
  readonly outcome: RunOutcome
  /** Every target of the plan, in its order. */
  readonly targets: readonly TargetSummary[]
}

/**
 * Does what the plan says, under `options.jobs` and the two signals of `deps`.
 *
 * Resolves when everything that was started has ended; what could not be done stands in the summaries.
 * @throws only for bugs.
 */
export async function execute(input: { readonly plan: Plan; readonly options: ExecuteOptions }, deps: ExecuteDeps): Promise<RunResult> {
  const run = createRun(input.plan, input.options, deps)
  const started = deps.clock.monotonic()
  announce(run)
  const order = [...run.plan.targets.keys()]
  const remaining = remainingSeconds(run.plan.graph, order, (id) => run.plan.targets.get(id)?.estimatedSeconds ?? run.defaultSeconds)
  await walk({
    order,
    dependencies: (id) => run.plan.targets.get(id)?.needs ?? [],
    priority: (id) => remaining.get(id) ?? 0,
    slots: input.options.jobs,
    memoryBudget: deps.memoryBudget,
    admit: (id) => admitTarget(run, id),
    run: (id, leave) => runTarget(run, id, leave),
    skip: (id, because) => skipTarget(run, id, because),
    tolerates: (id, dependency) => input.options.onFailure === 'continue' && run.isGate(id, dependency),
    halted: () => deps.stop.aborted || (input.options.onFailure === 'stop' && run.failed()),
    halt: deps.stop,
  })
  await Promise.all([run.released(), run.save()])
  return finish(run, started)
}

function announce(run: Run): void {
  const acting = [...run.plan.targets.values()].filter((target) => target.decision !== 'current').length
  run.emit({
    type: 'run-started',
    workspace: run.plan.graph.workspace.name,
    acting,
    current: run.plan.targets.size - acting,
    jobs: run.options.jobs,
  })
}

function skipTarget(run: Run, id: TargetId, because: TargetId | null): TargetOutcome {
  const planned = run.planned(id)
  if (planned.decision === 'current' && because === null) return run.conclude(id, { outcome: 'succeeded' })
  const trouble = because === null ? null : run.isGate(id, because) ? gateFailed(because) : needFailed(because)
  return run.conclude(id, { outcome: 'skipped', trouble })
}

function finish(run: Run, started: number): RunResult {
  const targets = [...run.plan.targets.keys()].flatMap((id) => run.summaries.get(id) ?? [])
  const outcome: RunOutcome = run.deps.stop.aborted
    ? 'cancelled'
    : targets.some((target) => target.outcome !== 'succeeded') || run.failed()
      ? 'failed'
      : 'succeeded'
  run.emit({ type: 'run-finished', outcome, durationMs: Math.round(run.deps.clock.monotonic() - started), targets })
  return { outcome, targets }
}
