import { compareCodeUnits, type TargetId } from '@orchestrate/core'

/** Edges that are looked at before the best cycle so far is taken: about a second. */
const SEARCH_LIMIT = 5_000_000

/**
 * The shortest cycle within `component` (targets that all reach each other), beginning with its first id in code-unit order.
 * Of several shortest ones the first in code-unit order of their beginnings. Beyond SEARCH_LIMIT edges, in a very large
 * component, the shortest that was found until then; null only when there is no cycle.
 */
export function shortestCycle(
  component: readonly TargetId[],
  successors: ReadonlyMap<TargetId, readonly TargetId[]>,
): readonly TargetId[] | null {
  const rest = new Rest(component, successors)
  let best: readonly TargetId[] | null = null
  let limit = Number.POSITIVE_INFINITY
  for (const root of component.toSorted(compareCodeUnits)) {
    if (!rest.has(root)) continue
    const found = cycleThrough(root, rest, limit)
    if (found !== null) {
      best = found
      limit = found.length
    }
    if (limit === 1 || rest.looks > SEARCH_LIMIT) break
    // Every cycle through the root is known now, so the root and whatever lies on no other cycle can go.
    rest.remove(root)
  }
  return best === null ? null : rotate(best)
}

/** The shortest cycle through `root` of less than `limit` members: breadth first, back to the root. */
function cycleThrough(root: TargetId, rest: Rest, limit: number): readonly TargetId[] | null {
  const cameFrom = new Map<TargetId, TargetId>()
  let wave = [root]
  for (let length = 1; length < limit && wave.length > 0; length++) {
    const next: TargetId[] = []
    for (const id of wave) {
      for (const successor of rest.successors(id)) {
        if (successor === root) return pathTo(id, root, cameFrom)
        if (cameFrom.has(successor)) continue
        cameFrom.set(successor, id)
        next.push(successor)
      }
    }
    wave = next
  }
  return null
}

function pathTo(last: TargetId, root: TargetId, cameFrom: ReadonlyMap<TargetId, TargetId>): readonly TargetId[] {
  const path = [last]
  for (let id = last; id !== root; ) {
    id = cameFrom.get(id) ?? root
    path.push(id)
  }
  return path.toReversed()
}

function rotate(cycle: readonly TargetId[]): readonly TargetId[] {
  const first = cycle.reduce((least, id, index) => (compareCodeUnits(id, cycle[least] ?? id) < 0 ? index : least), 0)
  return [...cycle.slice(first), ...cycle.slice(0, first)]
}

/** What is left of a component while its targets are taken away; those without a way in or out go by themselves. */
class Rest {
  /** Edges that were looked at so far. */
  looks = 0
  readonly #members: Set<TargetId>
  readonly #forward: ReadonlyMap<TargetId, readonly TargetId[]>
  readonly #backward = new Map<TargetId, TargetId[]>()
  readonly #in = new Map<TargetId, number>()
  readonly #out = new Map<TargetId, number>()

  constructor(component: readonly TargetId[], successors: ReadonlyMap<TargetId, readonly TargetId[]>) {
    this.#members = new Set(component)
    this.#forward = new Map(component.map((id) => [id, [...new Set(successors.get(id))].filter((next) => this.#members.has(next))]))
    for (const id of component) this.#backward.set(id, [])
    for (const [id, next] of this.#forward) for (const successor of next) this.#backward.get(successor)?.push(id)
    for (const id of component) {
      this.#out.set(id, this.#forward.get(id)?.length ?? 0)
      this.#in.set(id, this.#backward.get(id)?.length ?? 0)
    }
  }

  has(id: TargetId): boolean {
    return this.#members.has(id)
  }

  successors(id: TargetId): readonly TargetId[] {
    const all = this.#forward.get(id) ?? []
    this.looks += all.length
    return all.filter((next) => this.#members.has(next))
  }

  remove(id: TargetId): void {
    const leaving = [id]
    for (let next = leaving.pop(); next !== undefined; next = leaving.pop()) {
      if (!this.#members.delete(next)) continue
      leaving.push(...this.#cut(this.#forward.get(next) ?? [], this.#in), ...this.#cut(this.#backward.get(next) ?? [], this.#out))
    }
  }

  /** Takes one from the count of each neighbour and gives those at which nothing is left. */
  #cut(neighbours: readonly TargetId[], count: Map<TargetId, number>): readonly TargetId[] {
    return neighbours.filter((id) => {
      const left = (count.get(id) ?? 0) - 1
      count.set(id, left)
      return left === 0
    })
  }
}
