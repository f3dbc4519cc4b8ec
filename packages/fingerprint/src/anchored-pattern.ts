import type { InputPattern } from '@orchestrate/config'
import { type Diagnostic, err, isInside, joinWorkspacePath, ok, type Result, WORKSPACE_ROOT, type WorkspacePath } from '@orchestrate/core'
import { inventoryFinding, quotedPath } from './finding.ts'
import { compileGlob, type Glob, matchesBelow } from './glob.ts'
import type { PathUniverse } from './path-universe.ts'
import { indexOfPath, rangeBelow } from './sorted-paths.ts'

/** A pattern with its place in the workspace. */
export interface AnchoredPattern {
  /** Everything it matches is this path or lies below it. */
  readonly literal: WorkspacePath
  /** As in Glob: empty when it names `literal` itself. */
  readonly rest: Glob['rest']
  /** The directory of the service or library that wrote it, or null for a `//` pattern, which sees every directory. */
  readonly home: WorkspacePath | null
}

/** Compiles `pattern`, written in the service or library of the directory `base`. */
export function anchorPattern(pattern: InputPattern, base: WorkspacePath): Result<AnchoredPattern, Diagnostic> {
  const glob = compileGlob(pattern.glob)
  if (!glob.ok) {
    return err(inventoryFinding('inputs/bad-pattern', `the pattern ${quotedPath(pattern.glob)} ${glob.error}`, { span: pattern.span }))
  }
  const literal = joinWorkspacePath(pattern.fromRoot ? WORKSPACE_ROOT : base, glob.value.literal.join('/'))
  if (literal === null || (!pattern.fromRoot && pattern.glob.startsWith('/'))) {
    const message = `the pattern ${quotedPath(pattern.glob)} leads out of the workspace`
    return err(inventoryFinding('inputs/outside-workspace', message, { span: pattern.span }))
  }
  return ok({ literal, rest: glob.value.rest, home: pattern.fromRoot ? null : base })
}

/** Indexes of the paths that it matches, ascending. */
export function matchPattern(pattern: AnchoredPattern, universe: PathUniverse): readonly number[] {
  const { literal, rest } = pattern
  const { paths, exactOnly } = universe
  const exact = rest.length === 0 ? indexOfPath(paths, literal) : -1
  const matched = exact < 0 ? [] : [exact]
  const start = literal === '' ? 0 : literal.length + 1
  for (const { from, to } of openRanges(pattern, universe)) {
    for (let index = from; index < to; index += 1) {
      if (exactOnly[index] === 1) continue
      if (rest.length === 0 || matchesBelow(rest, paths[index] ?? '', start)) matched.push(index)
    }
  }
  return matched
}

interface Range {
  readonly from: number
  readonly to: number
}

/** What lies below the pattern's literal part, without the directories of others that it does not name. */
function openRanges(pattern: AnchoredPattern, universe: PathUniverse): readonly Range[] {
  const { literal, home } = pattern
  const below = rangeBelow(universe.paths, literal)
  if (home === null) return [below]
  const owned = rangeBelow(universe.owned, literal)
  const ranges: Range[] = []
  let { from } = below
  for (let at = owned.from; at < owned.to; at += 1) {
    const directory = universe.owned[at]
    if (directory === undefined || directory === literal || isInside(home, directory)) continue
    const closed = rangeBelow(universe.paths, directory)
    if (closed.to <= from) continue
    if (closed.from > from) ranges.push({ from, to: closed.from })
    from = closed.to
  }
  if (from < below.to) ranges.push({ from, to: below.to })
  return ranges
}
