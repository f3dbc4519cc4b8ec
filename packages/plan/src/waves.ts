import type { TargetId } from '@orchestrate/core'

/**
 * Groups `ids`, which come in topological order, so that each group depends on earlier ones only: by depth, and in their order.
 *
 * @param dependencies direct ones; those that are not among `ids` count as given.
 */
export function wavesOf(ids: Iterable<TargetId>, dependencies: (id: TargetId) => readonly TargetId[]): readonly (readonly TargetId[])[] {
  const depths = new Map<TargetId, number>()
  const waves: TargetId[][] = []
  for (const id of ids) {
    let depth = 0
    for (const dependency of dependencies(id)) depth = Math.max(depth, (depths.get(dependency) ?? -1) + 1)
    depths.set(id, depth)
    const wave = waves[depth]
    if (wave === undefined) waves.push([id])
    else wave.push(id)
  }
  return waves
}
