import { parseArtifact } from './artifact-reference.ts'
import { isBelow, resolveBuilderPath, systemDirectoryOf, WORKSPACE_MOUNT } from './builder-path.ts'
import type { Findings } from './findings.ts'
import type { BuildEntry, NeedEntry } from './generated/builder-file.ts'
import { findOverlaps, type Place } from './overlaps.ts'
import { quote } from './quote.ts'
import { flag, items, member, text, type Typed } from './typed-node.ts'
import type { Need } from './workspace.ts'

export interface NeedContext {
  readonly place: string
  readonly workdir: string
  readonly service: string
  readonly findings: Findings
}

/** A need with where its place is written. */
export interface PlacedNeed {
  readonly need: Need
  readonly place: Place
}

/** What a build needs, in order. Entries that were reported are left out. */
export function resolveNeeds(node: Typed<BuildEntry>, context: NeedContext): PlacedNeed[] {
  const needs = items(member(node, 'needs')).flatMap((item) => resolveNeed(item, context) ?? [])
  const { place, findings } = context
  for (const { place: inner, other } of findOverlaps(needs.map((need) => need.place))) {
    const inside = inner.path === other.path ? '' : `, inside another at ${quote(other.path)}`
    const message =
      inside === '' ? `two needs of ${place} are put at ${quote(inner.path)}` : `a need of ${place} is put at ${quote(inner.path)}${inside}`
    findings.report({
      id: 'config/overlapping-paths',
      message,
      span: inner.span,
      notes: [{ message: 'the other need is put here', span: other.span }],
    })
  }
  return needs
}

function resolveNeed(node: Typed<NeedEntry>, { place, workdir, service, findings }: NeedContext): PlacedNeed | null {
  const name = text(member(node, 'artifact'))
  const target = text(member(node, 'to'))
  const artifact = name === null ? null : parseArtifact(name, service, findings)
  if (target === null) return null
  const isRooted = target.value.startsWith('//')
  const isAbsolute = target.value.startsWith('/') && !isRooted
  const to = isRooted ? resolveBuilderPath(WORKSPACE_MOUNT, target.value.slice(2)) : resolveBuilderPath(workdir, target.value)
  const leaves = to === null || (!isAbsolute && !isBelow(to, workdir) && !isBelow(to, WORKSPACE_MOUNT))
  if (leaves || systemDirectoryOf(to) !== null || isBelow(WORKSPACE_MOUNT, to) || isBelow(workdir, to)) {
    const why = leaves ? 'leaves the workspace' : 'hides what the builder needs there'
    findings.report({
      id: 'config/invalid-path',
      message: `a need of ${place} cannot be put at ${quote(target.value)}: it ${why}`,
      span: target.span,
      help: 'name a place of its own: relative to the workdir, from the root of the workspace with //, or absolute',
    })
    return null
  }
  return name === null || artifact === null
    ? null
    : { need: { artifact, to, writable: flag(member(node, 'writable')), span: name.span }, place: { path: to, span: target.span } }
}
