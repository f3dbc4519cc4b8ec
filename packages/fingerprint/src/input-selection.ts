import type { InputGroup, InputPattern } from '@orchestrate/config'
import type { Diagnostic, TargetId, WorkspacePath } from '@orchestrate/core'
import { type AnchoredPattern, matchPattern } from './anchored-pattern.ts'
import { helpFor } from './diagnostics.ts'
import { inventoryFinding, quotedPath } from './finding.ts'
import type { PathUniverse } from './path-universe.ts'
import type { PatternBook } from './pattern-book.ts'
import type { SourceRead, TargetReads } from './target-reads.ts'

/** Which paths of a universe each target reads. */
export interface Selection {
  /** Indexes into the paths of the universe, ascending, each once. */
  readonly indexes: ReadonlyMap<TargetId, readonly number[]>
  /** Patterns and sources that match nothing. */
  readonly findings: readonly Diagnostic[]
}

/** Applies what `reads` declare to `universe`; a pattern that several targets share is matched once. */
export function selectInputs(reads: readonly TargetReads[], universe: PathUniverse, book: PatternBook): Selection {
  const matched = new Map<AnchoredPattern, readonly number[]>()
  const findings: Diagnostic[] = []
  const match = (pattern: AnchoredPattern): readonly number[] => {
    const before = matched.get(pattern)
    if (before !== undefined) return before
    const indexes = matchPattern(pattern, universe)
    matched.set(pattern, indexes)
    return indexes
  }
  const look: Look = (pattern, base) => {
    const anchored = book.anchored(pattern, base)
    const indexes = anchored === null ? [] : match(anchored)
    const isMissed = anchored !== null && indexes.length === 0 && !pattern.excludes && !pattern.optional
    if (isMissed) findings.push(matchesNothing(pattern, base))
    return indexes
  }
  const lookSource = (source: SourceRead): readonly number[] => {
    const indexes = match(source.pattern)
    if (indexes.length === 0) findings.push(sourceMissing(source))
    return indexes
  }
  const indexes = new Map<TargetId, readonly number[]>()
  for (const { target, groups, sources } of reads) {
    indexes.set(target, union([...groups.map((group) => selectGroup(group, look)), ...sources.map(lookSource)]))
  }
  return { indexes, findings }
}

type Look = (pattern: InputPattern, base: WorkspacePath) => readonly number[]

/** Patterns apply in order: a later `!` takes away, a later positive one adds again. */
function selectGroup(group: InputGroup, look: Look): readonly number[] {
  const [first] = group.patterns
  if (group.patterns.length === 1 && first !== undefined) return first.excludes ? [] : look(first, group.base)
  const selected = new Set<number>()
  for (const pattern of group.patterns) {
    const indexes = look(pattern, group.base)
    if (pattern.excludes) for (const index of indexes) selected.delete(index)
    else for (const index of indexes) selected.add(index)
  }
  return ascending(selected)
}

function union(lists: readonly (readonly number[])[]): readonly number[] {
  const [only] = lists
  return lists.length === 1 && only !== undefined ? only : ascending(new Set(lists.flat()))
}

function ascending(indexes: ReadonlySet<number>): readonly number[] {
  return Array.from(Int32Array.from(indexes).toSorted())
}

function matchesNothing(pattern: InputPattern, base: WorkspacePath): Diagnostic {
  const where = pattern.fromRoot || base === '' ? '' : ` below ${quotedPath(base)}`
  const written = quotedPath(pattern.fromRoot ? `//${pattern.glob}` : pattern.glob)
  const braces = /[{}]/.test(pattern.glob) ? '; braces are ordinary characters: write one pattern for each alternative' : ''
  return inventoryFinding('inputs/matches-nothing', `the pattern ${written} matches no file${where}`, {
    span: pattern.span,
    help: `${helpFor('inputs/matches-nothing')}${braces}`,
  })
}

function sourceMissing({ pattern, span }: SourceRead): Diagnostic {
  return inventoryFinding('inputs/source-missing', `the source ${quotedPath(pattern.literal)} does not exist`, { span })
}
