import type { TargetId } from '@orchestrate/core'
import type { BuildGraph } from './build-graph.ts'

/** `ids` and everything that they depend on, directly or not, in the graph's order. */
export function withDependencies(graph: BuildGraph, ids: Iterable<TargetId>): ReadonlySet<TargetId> {
  return inGraphOrder(graph, reach(ids, graph.dependencies))
}

/** `ids` and everything that depends on them, directly or not, in the graph's order. */
export function withDependents(graph: BuildGraph, ids: Iterable<TargetId>): ReadonlySet<TargetId> {
  return inGraphOrder(graph, reach(ids, graph.dependents))
}

/** Direct dependencies of `id`, sorted; empty for a target that the graph does not have. */
export function dependenciesOf(graph: BuildGraph, id: TargetId): readonly TargetId[] {
  return graph.dependencies.get(id) ?? []
}

function reach(from: Iterable<TargetId>, edges: ReadonlyMap<TargetId, readonly TargetId[]>): ReadonlySet<TargetId> {
  const reached = new Set(from)
  for (const id of reached) for (const next of edges.get(id) ?? []) reached.add(next)
  return reached
}

function inGraphOrder(graph: BuildGraph, ids: ReadonlySet<TargetId>): ReadonlySet<TargetId> {
  return new Set([...graph.targets.keys()].filter((id) => ids.has(id)))
}
