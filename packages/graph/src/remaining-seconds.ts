import type { TargetId } from '@orchestrate/core'
import type { BuildGraph } from './build-graph.ts'

/**
 * For each of `ids` the longest way from its start to the end of the run, in seconds: its own estimate plus the largest
 * remainder among its dependents in `ids`. Who starts the largest first follows the critical path.
 *
 * @param estimate seconds of one target, at least 0.
 */
export function remainingSeconds(
  graph: BuildGraph,
  ids: Iterable<TargetId>,
  estimate: (id: TargetId) => number,
): ReadonlyMap<TargetId, number> {
  const wanted = new Set(ids)
  const remaining = new Map<TargetId, number>()
  for (const id of [...graph.targets.keys()].toReversed()) {
    if (!wanted.has(id)) continue
    let after = 0
    for (const dependent of graph.dependents.get(id) ?? []) after = Math.max(after, remaining.get(dependent) ?? 0)
    remaining.set(id, estimate(id) + after)
  }
  return remaining
}
