import { compareCodeUnits, type TargetId } from '@orchestrate/core'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { shortestCycle } from './shortest-cycle.ts'
import { strongComponents } from './strong-components.ts'

const NODES = 7

describe('shortestCycle and strongComponents', () => {
  it('agree with an exhaustive search on every small graph', () => {
    const edge = fc.tuple(fc.nat(NODES - 1), fc.nat(NODES - 1))
    fc.assert(
      fc.property(fc.array(edge, { maxLength: 16 }), (edges) => {
        const successors = graph(edges)
        const cycles = strongComponents(successors).map((component) => shortestCycle(component, successors))
        expect(Math.min(...cycles.map((cycle) => cycle?.length ?? 0))).toBe(exhaustive(successors))
        for (const cycle of cycles) expect(isCycle(cycle ?? [], successors)).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  it('gives one group for each set of targets that reach each other', () => {
    const groups = strongComponents(
      graph([
        [0, 1],
        [1, 0],
        [1, 2],
        [2, 3],
        [3, 2],
        [4, 4],
        [5, 6],
      ]),
    )
    expect(groups.map((group) => group.toSorted(compareCodeUnits).join(' ')).toSorted(compareCodeUnits)).toEqual(['n0 n1', 'n2 n3', 'n4'])
  })

  it('begins a cycle with its first id', () => {
    const successors = graph([
      [3, 1],
      [1, 2],
      [2, 3],
    ])
    expect(shortestCycle([3, 2, 1].map(id), successors)).toEqual(['n1', 'n2', 'n3'])
  })
})

function graph(edges: readonly (readonly [number, number])[]): ReadonlyMap<TargetId, readonly TargetId[]> {
  return new Map(Array.from({ length: NODES }, (_, node) => [id(node), edges.filter(([from]) => from === node).map(([, to]) => id(to))]))
}

function id(node: number): TargetId {
  return `n${node}` as TargetId
}

/** Length of the shortest cycle by matrix powers, or Infinity. */
function exhaustive(successors: ReadonlyMap<TargetId, readonly TargetId[]>): number {
  let reach = new Map([...successors].map(([from, to]) => [from, new Set(to)]))
  for (let length = 1; length <= NODES; length++) {
    if ([...reach].some(([from, to]) => to.has(from))) return length
    reach = new Map([...reach].map(([from, to]) => [from, new Set([...to].flatMap((node) => successors.get(node) ?? []))]))
  }
  return Number.POSITIVE_INFINITY
}

function isCycle(cycle: readonly TargetId[], successors: ReadonlyMap<TargetId, readonly TargetId[]>): boolean {
  return cycle.length > 0 && cycle.every((node, index) => successors.get(node)?.includes(cycle[(index + 1) % cycle.length] ?? node))
}
