import type { DecisionKind, Digest, Reason, TargetId, TargetKind } from '@orchestrate/core'
import type { BuildGraph } from '@orchestrate/graph'
import type { Ingredients, Inventory } from '@orchestrate/fingerprint'
import type { ActionRecord } from '@orchestrate/store'

/** Every selected target with its decision and its reasons. A value: it can be printed, saved, compared. */
export interface Plan {
  readonly graph: BuildGraph
  readonly inventory: Inventory
  /** In the graph's topological order, only the selected ones and what they need. */
  readonly targets: ReadonlyMap<TargetId, PlannedTarget>
  readonly summary: Readonly<Record<DecisionKind, number>>
}

/** What of a plan is shown. */
export interface PlanOutline extends Pick<Plan, 'summary'> {
  readonly graph: { readonly workspace: { readonly name: string } }
  readonly targets: ReadonlyMap<TargetId, OutlinedTarget>
}

export type OutlinedTarget = Omit<PlannedTarget, 'ingredients' | 'record'>

export interface PlannedTarget {
  readonly id: TargetId
  readonly kind: TargetKind
  readonly service: string | null
  readonly decision: DecisionKind
  /** Most telling first; empty for `current`. */
  readonly reasons: readonly Reason[]
  /** Never null: known before anything runs. */
  readonly recipe: Digest
  /** Null while the content of a need is not known yet. */
  readonly fingerprint: Digest | null
  /** True when an identical rebuild of a need would make this target current. */
  readonly mayStop: boolean
  readonly needs: readonly TargetId[]
  /** From history, or null. */
  readonly estimatedSeconds: number | null
  /** What `execute` completes once the needs are known; null for toolchains. */
  readonly ingredients: Ingredients | null
  /** The stored outcome of a `current` target. */
  readonly record: ActionRecord | null
}
