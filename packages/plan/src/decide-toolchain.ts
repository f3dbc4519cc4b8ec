import type { Digest } from '@orchestrate/core'
import type { Decided } from './decided.ts'
import type { DraftedToolchain } from './draft.ts'
import type { PlanLookups } from './lookups.ts'

/**
 * Decides for a toolchain once it is known who uses it.
 * An image toolchain that is locked counts as current: only the engine can tell whether it has it.
 *
 * @param used whether a build or an image that acts needs its root file system.
 */
export async function decideToolchain({ target, identity }: DraftedToolchain, used: boolean, lookups: PlanLookups): Promise<Decided> {
  const { name, source } = target.toolchain
  if (identity === null) return { decision: 'build', reasons: [{ kind: 'never-built' }], fingerprint: null, record: null }
  if (!used || source.kind === 'image') return { decision: 'current', reasons: [], fingerprint: identity, record: null }
  const record = await lookups.record(identity)
  if (record?.kind !== 'toolchain') return act(identity, { kind: 'toolchain-missing', toolchain: name })
  const damaged = await lookups.damaged(record)
  if (damaged !== null) return act(identity, { kind: 'artifact-damaged', digest: damaged })
  return { decision: 'current', reasons: [], fingerprint: identity, record }
}

function act(identity: Digest, reason: Decided['reasons'][number]): Decided {
  return { decision: 'build', reasons: [reason], fingerprint: identity, record: null }
}
