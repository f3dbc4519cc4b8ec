import { compareCodeUnits, type TargetId } from '@orchestrate/core'

/**
 * Kahn's algorithm in waves: dependencies before dependents, each wave sorted by id.
 * Ids that are missing in the answer lie on a cycle or depend on one.
 */
export function topologicalOrder(
  dependencies: ReadonlyMap<TargetId, readonly TargetId[]>,
  dependents: ReadonlyMap<TargetId, readonly TargetId[]>,
): readonly TargetId[] {
  const waiting = new Map<TargetId, number>()
  for (const [id, needed] of dependencies) waiting.set(id, needed.length)
  const order: TargetId[] = []
  let wave = [...dependencies.keys()].filter((id) => waiting.get(id) === 0)
  while (wave.length > 0) {
    wave.sort(compareCodeUnits)
    for (const id of wave) order.push(id)
    wave = wave.flatMap((id) => (dependents.get(id) ?? []).filter((dependent) => release(waiting, dependent)))
  }
  return order
}

/** True when the last dependency of `id` was released. */
function release(waiting: Map<TargetId, number>, id: TargetId): boolean {
  const left = (waiting.get(id) ?? 0) - 1
  waiting.set(id, left)
  return left === 0
}
