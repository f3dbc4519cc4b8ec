import type { Digest, TargetId } from '@orchestrate/core'
import type { Ingredients } from './ingredients.ts'

export function recipeOf(_ingredients: Ingredients, _recipes: (target: TargetId) => Digest): Digest {
  throw new Error('to come')
}
