import { canonicalJson, type CanonicalValue, compareCodeUnits, type Reason } from '@orchestrate/core'
import { contentOf, type Ingredients, type NeedContents, type NeedIngredient, place } from '@orchestrate/fingerprint'
import { parseManifest, type StoredManifest } from './stored-manifest.ts'

/**
 * What differs between a stored manifest and a target's ingredients now, most telling first: files, variables, toolchains,
 * needs, then every other fact. Needs that are not known yet are not compared. Empty when nothing that is known differs;
 * null when the text is no manifest of this version.
 */
export function explainChanges(manifest: string, ingredients: Ingredients, contents: NeedContents): readonly Reason[] | null {
  const last = parseManifest(manifest)
  if (last === null) return null
  return [
    ...inputChanges(last, ingredients),
    ...envChanges(last, ingredients),
    ...needChanges(last, ingredients, contents),
    ...factChanges(last, ingredients),
  ]
}

function inputChanges(last: StoredManifest, { inputs }: Ingredients): readonly Reason[] {
  const present = new Map<string, string>(inputs.map(({ path, mode, digest }) => [path, `${mode} ${digest}`]))
  return compare(last.inputs, present).map(({ change, name }): Reason => ({ kind: `input-${change}`, path: name }))
}

function envChanges(last: StoredManifest, { facts }: Ingredients): readonly Reason[] {
  return compare(members(last.facts['env']), members(facts['env'])).map(({ change, name }): Reason => ({ kind: `env-${change}`, name }))
}

/** Toolchains before artifacts; a need that is new or moved shows by its name, one that is gone as a changed definition. */
function needChanges(last: StoredManifest, { needs }: Ingredients, contents: NeedContents): readonly Reason[] {
  const places = new Set(needs.map(placeOf))
  const changed = needs.filter((need) => hasChanged(need, last, contents))
  const toolchains = new Set(changed.filter((need) => need.use.kind === 'toolchain').map((need) => need.name))
  const artifacts = new Set(changed.filter((need) => need.use.kind !== 'toolchain').map((need) => need.name))
  const gone = [...last.needs.keys()].some((known) => !places.has(known))
  return [
    ...[...toolchains].map((toolchain): Reason => ({ kind: 'toolchain-changed', toolchain })),
    ...[...artifacts].map((artifact): Reason => ({ kind: 'need-changed', artifact })),
    ...(gone ? [{ kind: 'definition-changed', field: 'needs' } as const] : []),
  ]
}

function hasChanged(need: NeedIngredient, last: StoredManifest, contents: NeedContents): boolean {
  const content = contentOf(need, contents)
  const before = last.needs.get(placeOf(need))
  return before === undefined || (content !== null && content !== before)
}

function placeOf(need: NeedIngredient): string {
  return canonicalJson(place(need))
}

function factChanges(last: StoredManifest, { facts }: Ingredients): readonly Reason[] {
  return compare(encoded(last.facts), encoded(facts)).map(({ name }): Reason => ({ kind: 'definition-changed', field: name }))
}

function encoded(facts: Readonly<Record<string, CanonicalValue>>): ReadonlyMap<string, string> {
  return new Map(Object.entries(facts).flatMap(([name, value]) => (name === 'env' ? [] : [[name, canonicalJson(value)]])))
}

function members(value: CanonicalValue | undefined): ReadonlyMap<string, string> {
  if (typeof value !== 'object' || value === null) return new Map()
  return new Map(Object.entries(value).map(([name, member]) => [name, canonicalJson(member)]))
}

interface Change {
  readonly change: 'changed' | 'added' | 'removed'
  readonly name: string
}

/** Changed ones first, then added, then removed, each by name. */
function compare(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): readonly Change[] {
  const names = (of: Iterable<string>, change: Change['change']): readonly Change[] =>
    [...of].toSorted(compareCodeUnits).map((name) => ({ change, name }))
  const kept = [...after.keys()].filter((name) => before.has(name))
  return [
    ...names(
      kept.filter((name) => before.get(name) !== after.get(name)),
      'changed',
    ),
    ...names(
      [...after.keys()].filter((name) => !before.has(name)),
      'added',
    ),
    ...names(
      [...before.keys()].filter((name) => !after.has(name)),
      'removed',
    ),
  ]
}
