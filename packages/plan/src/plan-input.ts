import type { Digest, Platform, TargetId } from '@orchestrate/core'
import type { Inventory } from '@orchestrate/fingerprint'
import type { BuildGraph } from '@orchestrate/graph'

/** What a plan is made from. */
export interface PlanInput {
  readonly graph: BuildGraph
  readonly inventory: Inventory
  /** Identity of every declared toolchain and base by name, from builder.lock; null or absent where it has none. */
  readonly identities: ReadonlyMap<string, Digest | null>
  /** What `selectTargets` gave; dependencies are added where they are missing. */
  readonly selection: ReadonlySet<TargetId>
  /** Every build and image of the selection, dependencies included, acts even when the store has it; toolchains do not. */
  readonly force: boolean
  readonly platform: Platform
}
