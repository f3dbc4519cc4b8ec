import { createHash } from 'node:crypto'
import { assertNever, canonicalJson, type CanonicalValue, type Digest, digestFromHex, type TargetId } from '@orchestrate/core'
import type { Ingredients, NeedContents, NeedIngredient } from './ingredients.ts'
import type { InventoryEntry } from './inventory.ts'

/**
 * What a manifest is for; bumped whenever the same ingredients may give another output, or are written in another way.
 * Recipe and fingerprint of the same ingredients never collide, for they differ here.
 */
export const MANIFEST_SCHEMAS = { recipe: 'orchestrate/recipe/1', fingerprint: 'orchestrate/fingerprint/1' } as const

/** The recipe and the fingerprint of one target; what both share is written and hashed once. */
export interface PreparedDigests {
  /** @param recipes the recipe of each target that is needed. */
  recipe(recipes: (target: TargetId) => Digest): Digest
  /** Null while the content of a need is not known. */
  fingerprint(contents: NeedContents): Digest | null
}

export function prepareDigests(ingredients: Ingredients): PreparedDigests {
  const shared = createHash('sha256').update(manifestHead(ingredients))
  const finish = (tail: string): Digest => digestFromHex(shared.copy().update(tail).digest('hex'))
  return {
    recipe: (recipes) => finish(recipeTail(ingredients, recipes)),
    fingerprint: (contents) => {
      const tail = fingerprintTail(ingredients, contents)
      return tail === null ? null : finish(tail)
    },
  }
}

/**
 * The manifest up to its needs. Head and tail together are canonical JSON: the members come in code-unit order,
 * and the long list of inputs is written without the detour over a generic encoder.
 */
export function manifestHead({ facts, inputs, kind }: Ingredients): string {
  return `{"facts":${canonicalJson(facts)},"inputs":[${inputs.map(writeInput).join(',')}],"kind":"${kind}","needs":`
}

/** The rest of a recipe: needs by the recipe of their target. */
export function recipeTail({ needs }: Ingredients, recipes: (target: TargetId) => Digest): string {
  const entries = needs.map((need) => ({ ...place(need), ...output(need), recipe: recipes(need.target) }))
  return `${canonicalJson(entries)},"schema":"${MANIFEST_SCHEMAS.recipe}"}`
}

/** The rest of a fingerprint: needs by content; null while one is not known. */
export function fingerprintTail({ needs }: Ingredients, contents: NeedContents): string | null {
  const entries: CanonicalValue[] = []
  for (const need of needs) {
    const content = contentOf(need, contents)
    if (content === null) return null
    entries.push({ ...place(need), content })
  }
  return `${canonicalJson(entries)},"schema":"${MANIFEST_SCHEMAS.fingerprint}"}`
}

/** What is known of a need's content by now. */
export function contentOf(need: NeedIngredient, contents: NeedContents): Digest | null {
  switch (need.use.kind) {
    case 'toolchain':
      return contents.toolchain(need.target)
    case 'image':
      return contents.image(need.target)
    case 'artifact':
      return contents.artifact(need.target, need.use.output)
    default:
      return assertNever(need.use)
  }
}

/** Where a need appears in its manifest: by this, needs of two manifests are compared. */
export function place({ use }: NeedIngredient): { readonly [name: string]: CanonicalValue } {
  return use.kind === 'artifact' ? { kind: use.kind, at: use.at, within: use.within } : { kind: use.kind, at: use.at }
}

/** A recipe does not have the content, so it says which output is meant. */
function output({ use }: NeedIngredient): { readonly [name: string]: CanonicalValue } {
  return use.kind === 'artifact' ? { output: use.output } : {}
}

function writeInput({ path, mode, digest }: InventoryEntry): string {
  return `[${JSON.stringify(path)},"${mode}","${digest}"]`
}
