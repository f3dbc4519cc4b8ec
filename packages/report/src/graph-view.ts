import { compareCodeUnits, type DecisionKind, type TargetId } from '@orchestrate/core'
import type { PlanOutline } from '@orchestrate/plan'

/** A graph as `orchestrate graph` shows it: of services, or of all targets. */
export interface GraphView {
  readonly workspace: string
  /** Dependencies first, ties by id in code-unit order. */
  readonly nodes: readonly GraphNode[]
}

export interface GraphNode {
  /** A service's name, or a target id. */
  readonly id: string
  readonly kind: 'service' | 'toolchain' | 'build' | 'image'
  /** Of a target its decision; of a service whether anything of it acts. */
  readonly state: DecisionKind | 'acts'
  /** Ids of direct dependencies, sorted. */
  readonly needs: readonly string[]
}

/** Every target of the plan. */
export function viewTargets(plan: PlanOutline): GraphView {
  const nodes = [...plan.targets.values()].map(({ id, kind, decision, needs }) => ({
    id,
    kind,
    state: decision,
    needs: needs.filter((need) => plan.targets.has(need)),
  }))
  return { workspace: plan.graph.workspace.name, nodes }
}

/** Services, and which of them need artifacts, checks or images of which others. Toolchains are left out. */
export function viewServices(plan: PlanOutline): GraphView {
  const serviceOf = (id: TargetId): string | null => plan.targets.get(id)?.service ?? null
  const found = new Map<string, { acts: boolean; needs: Set<string> }>()
  for (const { service, decision, needs } of plan.targets.values()) {
    if (service === null) continue
    const node = found.get(service) ?? { acts: false, needs: new Set<string>() }
    found.set(service, node)
    node.acts ||= decision !== 'current'
    for (const need of needs) {
      const other = serviceOf(need)
      if (other !== null && other !== service) node.needs.add(other)
    }
  }
  const nodes = [...found].map(
    ([id, { acts, needs }]): GraphNode => ({
      id,
      kind: 'service',
      state: acts ? 'acts' : 'current',
      needs: [...needs].toSorted(compareCodeUnits),
    }),
  )
  return { workspace: plan.graph.workspace.name, nodes }
}
