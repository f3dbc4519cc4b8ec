import { compareDiagnostics, type Diagnostic, err, ok, type Result, type TargetId, type WorkspacePath } from '@orchestrate/core'
import type { BuildGraph } from '@orchestrate/graph'
import { fileFinding, quotedPath } from './finding.ts'
import { locateFindings } from './finding-span.ts'
import { type Selection, selectInputs } from './input-selection.ts'
import type { FileFinding, FileTree, Inventory, InventoryEntry } from './inventory.ts'
import { findCollisions } from './path-collisions.ts'
import { createUniverse, type PathUniverse, withoutPaths } from './path-universe.ts'
import { createPatternBook, type PatternBook } from './pattern-book.ts'
import { indexOfPath, rangeBelow } from './sorted-paths.ts'
import { type TargetReads, targetReads } from './target-reads.ts'

export interface TakeInventoryInput {
  readonly graph: BuildGraph
  readonly tree: FileTree
  readonly signal?: AbortSignal
}

/**
 * Finds out which files every target reads, and their digests: the inputs of builds, the `source` files of images, the archive
 * of a rootfs toolchain. Only files that some target reads are looked at. All findings come at once, sorted.
 *
 * @throws the signal's reason when it was aborted.
 */
export async function takeInventory(input: TakeInventoryInput): Promise<Result<Inventory, Diagnostic[]>> {
  const { graph, tree, signal = new AbortController().signal } = input
  const listed = await tree.list(signal)
  if (!listed.ok) return listed
  const reads = targetReads(graph)
  const book = createPatternBook()
  const unlisted = await tree.resolve(unlistedNames(reads, book, listed.value), signal)
  const universe = createUniverse(graph.workspace, listed.value, unlisted.ok ? [...unlisted.value.keys()] : [])
  const selection = selectInputs(reads, universe, book)
  const paths = selectedPaths(selection, universe)
  const resolved = await tree.resolve(paths, signal)
  const locate = (findings: readonly FileFinding[]) => locateFindings(findings, reads, { book, owned: universe.owned })
  if (!unlisted.ok || !resolved.ok) {
    const located = locate([...failures(unlisted), ...failures(resolved)])
    return err(presentable([...book.findings.values(), ...unexplained(selection.findings, located), ...located]))
  }
  const present = withoutAbsent(reads, book, { universe, selection, paths }, resolved.value)
  const findings = [...book.findings.values(), ...present.selection.findings, ...locate(collisions(present))]
  if (findings.length > 0) return err(presentable(findings))
  return ok({ inputs: entriesByTarget(present, resolved.value), tree })
}

type Resolved = ReadonlyMap<WorkspacePath, InventoryEntry>

interface Selected {
  readonly universe: PathUniverse
  readonly selection: Selection
  /** Every path that some target reads, sorted. */
  readonly paths: readonly WorkspacePath[]
}

/** Paths that a pattern names exactly and the tree does not list: files that git ignores, if they exist at all. */
function unlistedNames(reads: readonly TargetReads[], book: PatternBook, listed: readonly WorkspacePath[]): readonly WorkspacePath[] {
  const names = new Set<WorkspacePath>()
  for (const { groups, sources } of reads) {
    for (const { pattern } of sources) names.add(pattern.literal)
    for (const { patterns, base } of groups) {
      for (const pattern of patterns) {
        const anchored = pattern.excludes ? null : book.anchored(pattern, base)
        if (anchored?.rest.length === 0) names.add(anchored.literal)
      }
    }
  }
  return [...names].filter((name) => name !== '' && indexOfPath(listed, name) < 0 && isEmpty(rangeBelow(listed, name)))
}

function isEmpty(range: { readonly from: number; readonly to: number }): boolean {
  return range.from === range.to
}

function failures(result: Result<Resolved, FileFinding[]>): readonly FileFinding[] {
  return result.ok ? [] : result.error
}

/** Every path that some target reads, sorted. */
function selectedPaths(selection: Selection, universe: PathUniverse): readonly WorkspacePath[] {
  const isRead = new Uint8Array(universe.paths.length)
  for (const indexes of selection.indexes.values()) for (const index of indexes) isRead[index] = 1
  return universe.paths.filter((_, index) => isRead[index] === 1)
}

/** The selection again without listed files that are not there (deleted, but still tracked): a pattern may now match nothing. */
function withoutAbsent(reads: readonly TargetReads[], book: PatternBook, selected: Selected, resolved: Resolved): Selected {
  if (resolved.size === selected.paths.length) return selected
  const absent = selected.paths.filter((path) => !resolved.has(path))
  const universe = withoutPaths(selected.universe, new Set(absent))
  const selection = selectInputs(reads, universe, book)
  return { universe, selection, paths: selectedPaths(selection, universe) }
}

/** Only names that one target reads together can get in each other's way. */
function collisions({ universe, selection, paths }: Selected): readonly FileFinding[] {
  return findCollisions(paths).flatMap(([first, second]) => {
    const indexes = [indexOfPath(universe.paths, first), indexOfPath(universe.paths, second)]
    const reader = [...selection.indexes].find(([, read]) => indexes.every((index) => read.includes(index)))
    if (reader === undefined) return []
    const message = `${quotedPath(first)} and ${quotedPath(second)}, both inputs of "${reader[0]}", are one file where case is ignored`
    return [fileFinding('inputs/path-collision', second, message)]
  })
}

function entriesByTarget({ universe, selection }: Selected, resolved: Resolved): ReadonlyMap<TargetId, readonly InventoryEntry[]> {
  const entries = universe.paths.map((path) => resolved.get(path))
  const inputs = new Map<TargetId, readonly InventoryEntry[]>()
  for (const [target, indexes] of selection.indexes)
    inputs.set(
      target,
      indexes.flatMap((index) => entries[index] ?? []),
    )
  return inputs
}

/** Without patterns that match nothing because of what is wrong with the very file that they name. */
function unexplained(findings: readonly Diagnostic[], located: readonly Diagnostic[]): readonly Diagnostic[] {
  const placeOf = ({ span }: Diagnostic): string => JSON.stringify([span?.file, span?.offset])
  const explained = new Set(located.map(placeOf))
  return findings.filter((finding) => !explained.has(placeOf(finding)))
}

/** Sorted, and each once: a pattern of a template or a library is used by many. */
function presentable(findings: readonly Diagnostic[]): Diagnostic[] {
  return findings.toSorted(compareDiagnostics).filter((finding, index, all) => {
    const before = all[index - 1]
    return before === undefined || compareDiagnostics(before, finding) !== 0
  })
}
