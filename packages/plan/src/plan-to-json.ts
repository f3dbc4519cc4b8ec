import type { DecisionKind, Digest, Reason, TargetId, TargetKind } from '@orchestrate/core'
import type { PlanOutline } from './plan.ts'

/** `plan --json`: stable and versioned; described by schemas/plan.schema.json. */
export interface PlanJson {
  readonly schemaVersion: 1
  readonly workspace: string
  readonly targets: readonly PlannedTargetJson[]
  readonly summary: Readonly<Record<DecisionKind, number>>
}

export interface PlannedTargetJson {
  readonly id: TargetId
  readonly kind: TargetKind
  readonly service: string | null
  readonly decision: DecisionKind
  readonly reasons: readonly Reason[]
  readonly recipe: Digest
  readonly fingerprint: Digest | null
  readonly mayStop: boolean
  readonly needs: readonly TargetId[]
  readonly estimatedSeconds: number | null
}

/** The plan as other programs read it. */
export function planToJson(plan: PlanOutline): PlanJson {
  return {
    schemaVersion: 1,
    workspace: plan.graph.workspace.name,
    targets: [...plan.targets.values()].map(
      ({ id, kind, service, decision, reasons, recipe, fingerprint, mayStop, needs, estimatedSeconds }) => ({
        id,
        kind,
        service,
        decision,
        reasons,
        recipe,
        fingerprint,
        mayStop,
        needs,
        estimatedSeconds,
      }),
    ),
    summary: plan.summary,
  }
}
