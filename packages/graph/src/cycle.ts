import { buildTargetId, compareCodeUnits, type Diagnostic, diagnostic, type Note, type Span, type TargetId } from '@orchestrate/core'
import type { Target } from './build-graph.ts'
import { formatArtifact } from './reference.ts'
import { shortestCycle } from './shortest-cycle.ts'
import { strongComponents } from './strong-components.ts'

/** How many members of a long cycle are shown. */
const SHOWN = 12

/**
 * One `graph/cycle` for every group of builds that need each other, with the shortest cycle of that group.
 * `targets` are those that could not be ordered; images among them only depend on a cycle, for nothing depends on an image.
 */
export function findCycles(targets: readonly Target[]): Diagnostic[] {
  const edges = needEdges(targets)
  const successors = new Map([...edges].map(([id, needs]) => [id, needs.map((need) => need.to)]))
  return strongComponents(successors).flatMap((component) => {
    const cycle = shortestCycle(component, successors)
    return cycle === null ? [] : [describeCycle(cycle, edges)]
  })
}

interface NeedEdge {
  readonly to: TargetId
  readonly artifact: string
  readonly span: Span
}

function needEdges(targets: readonly Target[]): ReadonlyMap<TargetId, readonly NeedEdge[]> {
  const ids = new Set(targets.map((target) => target.id))
  return new Map(
    targets
      .filter((target) => target.kind === 'build')
      .toSorted((a, b) => compareCodeUnits(a.id, b.id))
      .map(({ id, service, build }) => {
        const needs = build.needs.map(({ artifact, span }) => ({
          to: buildTargetId(artifact.service, artifact.build),
          artifact: formatArtifact(artifact, service),
          span,
        }))
        return [id, needs.filter((need) => ids.has(need.to))]
      }),
  )
}

/** `cycle` starts with its first id in code-unit order; the edge from its last to its first member closes it. */
function describeCycle(cycle: readonly TargetId[], edges: ReadonlyMap<TargetId, readonly NeedEdge[]>): Diagnostic {
  const notes = cycle.slice(0, SHOWN).flatMap((id, index) => noteOf(id, cycle[(index + 1) % cycle.length], edges))
  const hidden = cycle.length - SHOWN
  return diagnostic({
    id: 'graph/cycle',
    message: cycle.length === 1 ? `build "${cycle[0]}" needs itself` : `builds need each other in a cycle: ${trail(cycle)}`,
    span: notes[0]?.span ?? null,
    notes: hidden > 0 ? [...notes, { message: `and ${hidden} more`, span: null }] : notes,
    help: 'remove one of these needs, or split one of the builds',
  })
}

function trail(cycle: readonly TargetId[]): string {
  const shown = cycle.slice(0, SHOWN).map((id) => `"${id}"`)
  const hidden = cycle.length - SHOWN
  return [...shown, ...(hidden > 0 ? [`… ${hidden} more …`] : []), `"${cycle[0]}"`].join(' -> ')
}

function noteOf(from: TargetId, to: TargetId | undefined, edges: ReadonlyMap<TargetId, readonly NeedEdge[]>): readonly Note[] {
  const edge = edges.get(from)?.find((need) => need.to === to)
  return edge === undefined ? [] : [{ message: `"${from}" needs "${edge.artifact}"`, span: edge.span }]
}
