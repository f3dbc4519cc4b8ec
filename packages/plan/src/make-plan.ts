import type { DecisionKind, TargetId } from '@orchestrate/core'
import { dependenciesOf } from '@orchestrate/graph'
import { decideToolchain } from './decide-toolchain.ts'
import { decideWork } from './decide-work.ts'
import { type Decided, settledContents } from './decided.ts'
import { type Draft, type DraftedTarget, type DraftedToolchain, type DraftedWork, draftPlan } from './draft.ts'
import { eachAtOnce } from './each-at-once.ts'
import type { PlanLookups } from './lookups.ts'
import type { Plan, PlannedTarget } from './plan.ts'
import type { PlanInput } from './plan-input.ts'
import { estimate } from './settled-plan.ts'
import { wavesOf } from './waves.ts'

/** Look-ups under way at once: enough to hide latency, few enough for the limit of open files. */
const LOOKUPS_AT_ONCE = 64

/**
 * What apply would do, and why: every selected target with its decision. Needs no engine and changes nothing.
 * The same input and the same answers give the same plan.
 */
export async function plan(input: PlanInput, lookups: PlanLookups): Promise<Plan> {
  const draft = draftPlan(input)
  const decided = await decideAllWork(draft, lookups)
  const toolchains = await decideAllToolchains(draft, decided, lookups)
  const targets = new Map(
    [...draft.targets].flatMap(([id, drafted]) => {
      const outcome = decided.get(id) ?? toolchains.get(id)
      return outcome === undefined ? [] : [[id, planned(drafted, outcome, input, lookups)] as const]
    }),
  )
  return { graph: input.graph, inventory: input.inventory, targets, summary: summarize(targets.values()) }
}

/** Builds and images, wave by wave: whatever a target depends on was decided before. */
async function decideAllWork(draft: Draft, lookups: PlanLookups): Promise<ReadonlyMap<TargetId, Decided>> {
  const { graph, force } = draft.input
  const decided = new Map<TargetId, Decided>()
  const work = new Map(
    [...draft.targets].flatMap(([id, drafted]): [TargetId, DraftedWork][] => ('digests' in drafted ? [[id, drafted]] : [])),
  )
  const contents = settledContents(draft, decided)
  for (const wave of wavesOf(work.keys(), (id) => dependenciesOf(graph, id))) {
    await eachAtOnce(wave, LOOKUPS_AT_ONCE, async (id) => {
      const drafted = work.get(id)
      if (drafted !== undefined) decided.set(id, await decideWork(drafted, { lookups, force, contents, decided }))
    })
  }
  return decided
}

async function decideAllToolchains(
  draft: Draft,
  decided: ReadonlyMap<TargetId, Decided>,
  lookups: PlanLookups,
): Promise<ReadonlyMap<TargetId, Decided>> {
  const used = new Set(
    [...decided].flatMap(([id, { decision }]) =>
      decision === 'build' || decision === 'emit' ? dependenciesOf(draft.input.graph, id) : [],
    ),
  )
  const toolchains = [...draft.targets.values()].filter((drafted): drafted is DraftedToolchain => 'identity' in drafted)
  const outcomes = new Map<TargetId, Decided>()
  await eachAtOnce(toolchains, LOOKUPS_AT_ONCE, async (drafted) => {
    outcomes.set(drafted.target.id, await decideToolchain(drafted, used.has(drafted.target.id), lookups))
  })
  return outcomes
}

function planned(drafted: DraftedTarget, decided: Decided, { graph, force }: PlanInput, lookups: PlanLookups): PlannedTarget {
  const { id, kind, service } = drafted.target
  const isWork = 'ingredients' in drafted
  return {
    id,
    kind,
    service,
    ...decided,
    recipe: drafted.recipe,
    mayStop: isWork && decided.fingerprint === null && !force,
    needs: dependenciesOf(graph, id),
    estimatedSeconds: estimate(lookups.lastGood(id)),
    ingredients: isWork ? drafted.ingredients : null,
  }
}

function summarize(targets: Iterable<PlannedTarget>): Readonly<Record<DecisionKind, number>> {
  const summary = { build: 0, restore: 0, emit: 0, current: 0, blocked: 0 }
  for (const { decision } of targets) summary[decision]++
  return summary
}
