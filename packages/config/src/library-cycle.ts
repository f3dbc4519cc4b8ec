import type { Located } from '@orchestrate/core'
import type { Library } from './workspace.ts'

/**
 * One shortest circle for each knot of libraries that use each other, as the uses that close it:
 * each names the library that the next one is written in, and the last names the first's. Linear for a workspace without circles.
 */
export function findCycles(libraries: ReadonlyMap<string, Library>): Located<string>[][] {
  const cycles: Located<string>[][] = []
  const left = new Map([...libraries].map(([name, { uses }]) => [name, uses]))
  trim(left)
  while (left.size > 0) {
    const [start] = left.keys()
    const cycle = start === undefined ? null : shortestCycle(start, left)
    if (cycle === null) {
      if (start !== undefined) left.delete(start)
    } else {
      cycles.push(cycle)
      for (const { value } of cycle) left.delete(value)
    }
    trim(left)
  }
  return cycles
}

type Uses = Map<string, readonly Located<string>[]>

/** Takes out, again and again, what uses nothing that is left: it is on no circle. */
function trim(left: Uses): void {
  const users = new Map<string, string[]>()
  const open = new Map<string, number>()
  for (const [name, uses] of left) {
    const inner = new Set(uses.map(({ value }) => value).filter((value) => left.has(value)))
    open.set(name, inner.size)
    for (const used of inner) users.set(used, [...(users.get(used) ?? []), name])
  }
  const done = [...open].filter(([, count]) => count === 0).map(([name]) => name)
  for (let name = done.pop(); name !== undefined; name = done.pop()) {
    left.delete(name)
    for (const user of users.get(name) ?? []) {
      const count = (open.get(user) ?? 0) - 1
      open.set(user, count)
      if (count === 0) done.push(user)
    }
  }
}

/** Breadth first from `start` back to itself. */
function shortestCycle(start: string, left: Uses): Located<string>[] | null {
  const reached = new Map<string, { readonly use: Located<string>; readonly from: string }>()
  const queue = [start]
  for (const name of queue) {
    for (const use of left.get(name) ?? []) {
      if (!left.has(use.value) || reached.has(use.value)) continue
      reached.set(use.value, { use, from: name })
      if (use.value === start) return walkBack(start, reached)
      queue.push(use.value)
    }
  }
  return null
}

function walkBack(
  start: string,
  reached: ReadonlyMap<string, { readonly use: Located<string>; readonly from: string }>,
): Located<string>[] {
  const cycle: Located<string>[] = []
  let step = reached.get(start)
  while (step !== undefined) {
    cycle.unshift(step.use)
    step = step.from === start ? undefined : reached.get(step.from)
  }
  return cycle
}
