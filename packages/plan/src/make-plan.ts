import type { Digest, Platform, TargetId } from '@orchestrate/core'
import type { Inventory } from '@orchestrate/fingerprint'
import type { BuildGraph } from '@orchestrate/graph'
import type { PlanLookups } from './lookups.ts'
import type { Plan } from './plan.ts'

export interface PlanInput {
  readonly graph: BuildGraph
  readonly inventory: Inventory
  /** Identity of every declared toolchain and base by name, from builder.lock; null or absent where it has none. */
  readonly identities: ReadonlyMap<string, Digest | null>
  /** What `selectTargets` gave; dependencies are added where they are missing. */
  readonly selection: ReadonlySet<TargetId>
  /** Builds and images of the selection act even when the store has them. */
  readonly force: boolean
  readonly platform: Platform
}

export function plan(_input: PlanInput, _lookups: PlanLookups): Promise<Plan> {
  throw new Error('to come')
}
