import type { TargetId } from '@orchestrate/core'

/**
 * The groups of targets that reach each other: Tarjan's strongly connected components, without recursion.
 * Groups of one come only when their target is its own successor.
 * @see https://doi.org/10.1137/0201010
 */
export function strongComponents(successors: ReadonlyMap<TargetId, readonly TargetId[]>): readonly (readonly TargetId[])[] {
  const search: Search = { successors, index: new Map(), low: new Map(), stack: [], onStack: new Set(), components: [] }
  for (const root of successors.keys()) if (!search.index.has(root)) visit(search, root)
  return search.components.filter((component) => component.length > 1 || isOwnSuccessor(component[0], successors))
}

interface Search {
  readonly successors: ReadonlyMap<TargetId, readonly TargetId[]>
  readonly index: Map<TargetId, number>
  readonly low: Map<TargetId, number>
  readonly stack: TargetId[]
  readonly onStack: Set<TargetId>
  readonly components: TargetId[][]
}

interface Frame {
  readonly id: TargetId
  next: number
}

function visit(search: Search, root: TargetId): void {
  const frames = [enter(search, root)]
  for (let frame = frames.at(-1); frame !== undefined; frame = frames.at(-1)) {
    const successor = search.successors.get(frame.id)?.[frame.next++]
    if (successor === undefined) {
      frames.pop()
      leave(search, frame.id, frames.at(-1)?.id)
    } else if (!search.index.has(successor)) frames.push(enter(search, successor))
    else if (search.onStack.has(successor)) lower(search, frame.id, search.index.get(successor))
  }
}

function enter(search: Search, id: TargetId): Frame {
  const index = search.index.size
  search.index.set(id, index)
  search.low.set(id, index)
  search.stack.push(id)
  search.onStack.add(id)
  return { id, next: 0 }
}

function leave(search: Search, id: TargetId, caller: TargetId | undefined): void {
  if (caller !== undefined) lower(search, caller, search.low.get(id))
  if (search.low.get(id) !== search.index.get(id)) return
  const component = search.stack.splice(search.stack.lastIndexOf(id))
  for (const member of component) search.onStack.delete(member)
  search.components.push(component)
}

function lower(search: Search, id: TargetId, to: number | undefined): void {
  search.low.set(id, Math.min(search.low.get(id) ?? 0, to ?? 0))
}

function isOwnSuccessor(id: TargetId | undefined, successors: ReadonlyMap<TargetId, readonly TargetId[]>): boolean {
  return id !== undefined && (successors.get(id) ?? []).includes(id)
}
