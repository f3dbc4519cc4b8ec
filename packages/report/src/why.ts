import type { DecisionKind, Reason, TargetId } from '@orchestrate/core'
import type { PlanOutline } from '@orchestrate/plan'

/** Why a target acts, down to what somebody changed. */
export interface Why {
  readonly target: TargetId
  readonly decision: DecisionKind
  readonly causes: readonly Cause[]
}

/** A reason, and where it speaks of another target that acts, that one's own causes; null where they are told already. */
export interface Cause {
  readonly reason: Reason
  readonly causes: readonly Cause[] | null
}

/** One answer for each of `targets`, in their order; what acts for the same cause again is not told again. */
export function explainWhy(plan: PlanOutline, targets: readonly TargetId[]): readonly Why[] {
  const told = new Set<TargetId>()
  return targets.flatMap((id) => {
    const target = plan.targets.get(id)
    return target === undefined ? [] : [{ target: id, decision: target.decision, causes: causesOf(plan, id, told) }]
  })
}

/** As deep as targets need each other; a chain of thousands would be a monorepo that nobody has. */
function causesOf(plan: PlanOutline, id: TargetId, told: Set<TargetId>): readonly Cause[] {
  told.add(id)
  return (plan.targets.get(id)?.reasons ?? []).map((reason) => {
    const need = targetOf(reason)
    if (need === null) return { reason, causes: [] }
    return { reason, causes: told.has(need) ? null : causesOf(plan, need, told) }
  })
}

function targetOf(reason: Reason): TargetId | null {
  return reason.kind === 'need-acts' || reason.kind === 'gate-pending' || reason.kind === 'gate-failed' ? reason.target : null
}
