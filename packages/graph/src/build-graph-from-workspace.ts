import type { Workspace } from '@orchestrate/config'
import { assertNever, compareCodeUnits, compareDiagnostics, type Diagnostic, err, ok, type Result, type TargetId } from '@orchestrate/core'
import type { BuildGraph, Target } from './build-graph.ts'
import { findCycles } from './cycle.ts'
import { declareTargets } from './declare-targets.ts'
import { topologicalOrder } from './topological-order.ts'

/**
 * Resolves every reference of the workspace and orders its targets, in linear time apart from sorting.
 * All findings come at once, sorted; see GRAPH_DIAGNOSTICS.
 */
export function buildGraph(workspace: Workspace): Result<BuildGraph, Diagnostic[]> {
  const findings: Diagnostic[] = []
  const declared = new Map(declareTargets(workspace, findings).map((target) => [target.id, target]))
  const dependencies = new Map([...declared.values()].map((target) => [target.id, directDependencies(target, declared)]))
  const dependents = invert(dependencies)
  const order = topologicalOrder(dependencies, dependents)
  if (order.length < declared.size) findings.push(...findCycles(without(declared, order)))
  if (findings.length > 0) return err(findings.toSorted(compareDiagnostics))
  const targets = new Map(order.flatMap((id) => entry(declared, id)))
  return ok({ workspace, targets, dependencies, dependents })
}

/** Sorted, without duplicates and without names that were not found. */
function directDependencies(target: Target, declared: ReadonlyMap<TargetId, Target>): readonly TargetId[] {
  const ids = new Set(mentioned(target).filter((id) => declared.has(id)))
  return [...ids].toSorted(compareCodeUnits)
}

function mentioned(target: Target): readonly TargetId[] {
  switch (target.kind) {
    case 'toolchain':
      return []
    case 'build':
      return [target.toolchain, ...target.needs.map((need) => need.target)]
    case 'image':
      return [
        ...[target.base, target.certificates, target.timezones].flatMap(present),
        ...target.gates,
        ...target.artifacts.map((edge) => edge.target),
      ]
    default:
      return assertNever(target)
  }
}

function present(id: TargetId | null): readonly TargetId[] {
  return id === null ? [] : [id]
}

function invert(dependencies: ReadonlyMap<TargetId, readonly TargetId[]>): ReadonlyMap<TargetId, readonly TargetId[]> {
  const dependents = new Map<TargetId, TargetId[]>([...dependencies.keys()].map((id) => [id, []]))
  const ids = [...dependencies.keys()].toSorted(compareCodeUnits)
  for (const id of ids) for (const dependency of dependencies.get(id) ?? []) dependents.get(dependency)?.push(id)
  return dependents
}

function without(declared: ReadonlyMap<TargetId, Target>, order: readonly TargetId[]): readonly Target[] {
  const ordered = new Set(order)
  return [...declared.values()].filter((target) => !ordered.has(target.id))
}

function entry(declared: ReadonlyMap<TargetId, Target>, id: TargetId): readonly (readonly [TargetId, Target])[] {
  const target = declared.get(id)
  return target === undefined ? [] : [[id, target]]
}
