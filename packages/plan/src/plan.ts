import type { DecisionKind, Digest, TargetId, TargetKind } from '@orchestrate/core'
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

/** Why a target acts. Data only; `report` words it. */
export type Reason =
  | { readonly kind: 'never-built' }
  | { readonly kind: 'forced' }
  | { readonly kind: 'input-changed' | 'input-added' | 'input-removed'; readonly path: string }
  | { readonly kind: 'env-changed' | 'env-added' | 'env-removed'; readonly name: string }
  | { readonly kind: 'toolchain-changed'; readonly toolchain: string }
  | { readonly kind: 'toolchain-missing'; readonly toolchain: string }
  | { readonly kind: 'need-changed'; readonly artifact: string }
  | { readonly kind: 'need-acts'; readonly target: TargetId }
  /** A fact of the manifest by name: command, outputs, network, user, … */
  | { readonly kind: 'definition-changed'; readonly field: string }
  | { readonly kind: 'record-missing' }
  | { readonly kind: 'artifact-damaged'; readonly digest: Digest }
  | { readonly kind: 'gate-failed'; readonly target: TargetId }
  | { readonly kind: 'gate-pending'; readonly target: TargetId }
  | { readonly kind: 'last-run-failed' }
