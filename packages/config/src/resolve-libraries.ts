import { compareCodeUnits, type Located } from '@orchestrate/core'
import type { LibraryDeclaration } from './declarations.ts'
import type { Findings } from './findings.ts'
import type { Uses } from './generated/builder-file.ts'
import { findCycles } from './library-cycle.ts'
import { quote } from './quote.ts'
import { resolvePatterns } from './resolve-patterns.ts'
import { suggest } from './suggest.ts'
import { member, texts, type Typed } from './typed-node.ts'
import { refuseVariables } from './variables.ts'
import type { InputGroup, Library } from './workspace.ts'

/** Every library by name, sorted by name. */
export function resolveLibraries(declarations: readonly LibraryDeclaration[], findings: Findings): ReadonlyMap<string, Library> {
  const names = new Set(declarations.map(({ name }) => name.value))
  const sorted = declarations.toSorted((a, b) => compareCodeUnits(a.name.value, b.name.value))
  const libraries = new Map(sorted.map((declaration) => [declaration.name.value, resolveLibrary(declaration, names, findings)]))
  for (const cycle of findCycles(libraries)) {
    const path = cycle.map(({ value }) => quote(value))
    findings.report({
      id: 'config/library-cycle',
      message: `libraries use each other in a circle: ${[path.at(-1), ...path].join(' → ')}`,
      span: cycle[0]?.span ?? null,
      notes: cycle.slice(1).map(({ value, span }) => ({ message: `${quote(value)} is used here`, span })),
      help: 'move what both need into a library of its own',
    })
  }
  return libraries
}

/** The libraries that `uses` names and that exist; the others are reported. */
export function resolveUses(
  node: Typed<Uses> | null,
  place: string,
  { names, findings }: { names: ReadonlySet<string>; findings: Findings },
): Located<string>[] {
  return texts(node).filter((name) => {
    if (names.has(name.value)) return true
    const help = suggest(name.value, names, 'libraries') ?? 'declare it with "library" in the builder.yaml of its directory'
    findings.report({ id: 'config/unknown-library', message: `unknown library ${quote(name.value)} in ${place}`, span: name.span, help })
    return false
  })
}

/** The sources of the libraries that are used, directly or not, each once, sorted by library name. */
export function usedSources(uses: readonly Located<string>[], libraries: ReadonlyMap<string, Library>): InputGroup[] {
  const found = new Set<string>()
  const open = uses.map(({ value }) => value)
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (found.has(name)) continue
    found.add(name)
    open.push(...(libraries.get(name)?.uses ?? []).map(({ value }) => value))
  }
  return [...found].toSorted(compareCodeUnits).flatMap((name) => {
    const library = libraries.get(name)
    return library === undefined ? [] : [{ base: library.dir, library: name, patterns: library.sources }]
  })
}

function resolveLibrary({ name, dir, entry }: LibraryDeclaration, names: ReadonlySet<string>, findings: Findings): Library {
  const place = `library ${quote(name.value)}`
  const sources = member(entry, 'sources')
  const uses = member(entry, 'uses')
  for (const part of [sources, uses]) if (part !== null) refuseVariables(part, place, findings)
  return {
    name: name.value,
    dir,
    span: name.span,
    sources: sources === null ? [] : resolvePatterns(sources, { base: dir, name: `the sources of ${place}` }, findings),
    uses: resolveUses(uses, place, { names, findings }),
  }
}
