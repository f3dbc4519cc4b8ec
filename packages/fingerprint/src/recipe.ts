import type { ToolchainDeclaration } from '@orchestrate/config'
import { canonicalJson, type CanonicalValue, type Digest, digestOf, type TargetId } from '@orchestrate/core'
import type { Ingredients } from './ingredients.ts'
import type { InventoryEntry } from './inventory.ts'
import { prepareDigests } from './manifest.ts'

/**
 * The digest of the manifest with every need replaced by its target's recipe: known before anything runs.
 *
 * @param recipes the recipe of each target that is needed.
 */
export function recipeOf(ingredients: Ingredients, recipes: (target: TargetId) => Digest): Digest {
  return prepareDigests(ingredients).recipe(recipes)
}

/**
 * The recipe of a toolchain: its identity where it is locked, else the digest of what declares its root file system.
 * Its name, env and caches are no part of it; they enter the builds that use them.
 *
 * @param inputs the tar of a `rootfs` toolchain, otherwise empty.
 */
export function toolchainRecipe(declaration: ToolchainDeclaration, identity: Digest | null, inputs: readonly InventoryEntry[]): Digest {
  if (identity !== null) return identity
  const files = inputs.map(({ path, mode, digest }) => [path, mode, digest])
  return digestOf(canonicalJson({ schema: 'orchestrate/toolchain-recipe/1', source: describeSource(declaration), files }))
}

function describeSource({ source }: ToolchainDeclaration): CanonicalValue {
  return { ...source }
}
