import type { Diagnostic, Span, WorkspacePath } from '@orchestrate/core'
import { type AnchoredPattern, matchPattern } from './anchored-pattern.ts'
import type { FileFinding } from './inventory.ts'
import type { PathUniverse } from './path-universe.ts'
import type { PatternBook } from './pattern-book.ts'
import type { TargetReads } from './target-reads.ts'

/** The findings of a tree with the place of the first pattern, in the order of `reads`, that takes each file in. */
export function locateFindings(
  findings: readonly FileFinding[],
  reads: readonly TargetReads[],
  places: { readonly book: PatternBook; readonly owned: PathUniverse['owned'] },
): Diagnostic[] {
  const patterns = reads.flatMap((read) => declaredPatterns(read, places.book))
  return findings.map(({ path, ...finding }) => ({ ...finding, span: spanOf(path, patterns, places.owned) }))
}

interface DeclaredPattern {
  readonly pattern: AnchoredPattern
  readonly span: Span
}

function declaredPatterns(read: TargetReads, book: PatternBook): readonly DeclaredPattern[] {
  const inputs = read.groups.flatMap((group) =>
    group.patterns.flatMap((pattern) => {
      const anchored = pattern.excludes ? null : book.anchored(pattern, group.base)
      return anchored === null ? [] : [{ pattern: anchored, span: pattern.span }]
    }),
  )
  return [...inputs, ...read.sources]
}

function spanOf(path: WorkspacePath, patterns: readonly DeclaredPattern[], owned: PathUniverse['owned']): Span | null {
  const universe = { paths: [path], exactOnly: new Uint8Array(1), owned }
  const named = patterns.find(({ pattern }) => pattern.rest.length === 0 && pattern.literal === path)
  return (named ?? patterns.find(({ pattern }) => matchPattern(pattern, universe).length > 0))?.span ?? null
}
