import type { ToolchainDeclaration } from '@orchestrate/config'
import type { Platform } from '@orchestrate/core'
import type { BuildTarget } from '@orchestrate/graph'
import type { Ingredients } from './ingredients.ts'
import type { InventoryEntry } from './inventory.ts'

export interface BuildContext {
  /** What the inputs matched, sorted by path. */
  readonly inputs: readonly InventoryEntry[]
  /** The declaration that the build names. */
  readonly toolchain: ToolchainDeclaration
  readonly platform: Platform
}

export function describeBuild(_target: BuildTarget, _context: BuildContext): Ingredients {
  throw new Error('to come')
}
