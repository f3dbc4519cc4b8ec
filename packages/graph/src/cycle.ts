import {
  buildTargetId,
  compareCodeUnits,
  type Diagnostic,
  diagnostic,
  imageTargetId,
  type Note,
  type Span,
  type TargetId,
} from '@orchestrate/core'
import type { Target } from './build-graph.ts'
import { formatArtifact } from './reference.ts'
import { shortestCycle } from './shortest-cycle.ts'
import { strongComponents } from './strong-components.ts'

/** How many members of a long cycle are shown. */
const SHOWN = 12

/**
 * One `graph/cycle` for every group of builds that need each other, or images that are based on each other, with the shortest
 * cycle of that group. `targets` are those that could not be ordered; some of them only depend on a cycle. No cycle has both kinds.
 */
export function findCycles(targets: readonly Target[]): Diagnostic[] {
  const edges = needEdges(targets)
  const successors = new Map([...edges].map(([id, needs]) => [id, needs.map((need) => need.to)]))
  return strongComponents(successors).flatMap((component) => {
    const cycle = shortestCycle(component, successors)
    const kind = targets.find(({ id }) => id === cycle?.[0])?.kind
    return cycle === null ? [] : [describeCycle(cycle, edges, kind === 'image' ? IMAGES : BUILDS)]
  })
}

interface NeedEdge {
  readonly to: TargetId
  /** `needs "b/app"`, `is based on "base:image"`. */
  readonly relation: string
  readonly span: Span
}

function needEdges(targets: readonly Target[]): ReadonlyMap<TargetId, readonly NeedEdge[]> {
  const ids = new Set(targets.map((target) => target.id))
  return new Map(
    targets
      .toSorted((a, b) => compareCodeUnits(a.id, b.id))
      .map((target) => [target.id, edgesOf(target).filter((edge) => ids.has(edge.to))]),
  )
}

function edgesOf(target: Target): readonly NeedEdge[] {
  if (target.kind === 'build')
    return target.build.needs.map(({ artifact, span }) => ({
      to: buildTargetId(artifact.service, artifact.build),
      relation: `needs "${formatArtifact(artifact, target.service)}"`,
      span,
    }))
  if (target.kind === 'toolchain' || target.image.from.kind !== 'service') return []
  const { value, span } = target.image.from.service
  return [{ to: imageTargetId(value), relation: `is based on "${imageTargetId(value)}"`, span }]
}

interface CycleWords {
  readonly one: (id: TargetId) => string
  readonly many: string
  readonly help: string
}

const BUILDS: CycleWords = {
  one: (id) => `build "${id}" needs itself`,
  many: 'builds need each other in a cycle',
  help: 'remove one of these needs, or split one of the builds',
}

const IMAGES: CycleWords = {
  one: (id) => `image "${id}" is based on itself`,
  many: 'images are based on each other in a cycle',
  help: 'give one of these images another base',
}

/** `cycle` starts with its first id in code-unit order; the edge from its last to its first member closes it. */
function describeCycle(cycle: readonly TargetId[], edges: ReadonlyMap<TargetId, readonly NeedEdge[]>, words: CycleWords): Diagnostic {
  const [first] = cycle
  const notes = cycle.slice(0, SHOWN).flatMap((id, index) => noteOf(id, cycle[(index + 1) % cycle.length], edges))
  const hidden = cycle.length - SHOWN
  return diagnostic({
    id: 'graph/cycle',
    message: cycle.length === 1 && first !== undefined ? words.one(first) : `${words.many}: ${trail(cycle)}`,
    span: notes[0]?.span ?? null,
    notes: hidden > 0 ? [...notes, { message: `and ${hidden} more`, span: null }] : notes,
    help: words.help,
  })
}

function trail(cycle: readonly TargetId[]): string {
  const shown = cycle.slice(0, SHOWN).map((id) => `"${id}"`)
  const hidden = cycle.length - SHOWN
  return [...shown, ...(hidden > 0 ? [`… ${hidden} more …`] : []), `"${cycle[0]}"`].join(' -> ')
}

function noteOf(from: TargetId, to: TargetId | undefined, edges: ReadonlyMap<TargetId, readonly NeedEdge[]>): readonly Note[] {
  const edge = edges.get(from)?.find((need) => need.to === to)
  return edge === undefined ? [] : [{ message: `"${from}" ${edge.relation}`, span: edge.span }]
}
