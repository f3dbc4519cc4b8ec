import type { Platform } from '@orchestrate/core'
import type { ImageTarget } from '@orchestrate/graph'
import type { Ingredients } from './ingredients.ts'
import type { InventoryEntry } from './inventory.ts'

export interface ImageContext {
  /** Every file below the `source` entries of its files, sorted by path. */
  readonly inputs: readonly InventoryEntry[]
  readonly platform: Platform
}

export function describeImage(_target: ImageTarget, _context: ImageContext): Ingredients {
  throw new Error('to come')
}
