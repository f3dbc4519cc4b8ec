import type { DecisionKind, Digest, Reason, TargetId } from '@orchestrate/core'
import type { NeedContents } from '@orchestrate/fingerprint'
import type { ActionRecord, BuildRecord, ImageRecord } from '@orchestrate/store'
import type { Draft } from './draft.ts'

/** What was decided for a target. */
export interface Decided {
  readonly decision: DecisionKind
  /** Most telling first. */
  readonly reasons: readonly Reason[]
  readonly fingerprint: Digest | null
  /** Of a `current` target. */
  readonly record: ActionRecord | null
}

/** What the store has for a fingerprint. */
export type Finding<R extends BuildRecord | ImageRecord = BuildRecord | ImageRecord> =
  /** A need is not known yet, so there is no fingerprint. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'missing' }
  | { readonly kind: 'damaged'; readonly digest: Digest }
  | { readonly kind: 'intact'; readonly record: R }

/** The contents that the decisions so far leave no doubt about: artifacts of current builds, identities of locked toolchains. */
export function settledContents(draft: Draft, decided: ReadonlyMap<TargetId, Decided>): NeedContents {
  return {
    artifact: (id, output) => {
      const record = decided.get(id)?.record
      return record?.kind === 'build' ? (record.artifacts.find((artifact) => artifact.output === output)?.tree ?? null) : null
    },
    image: (id) => {
      const record = decided.get(id)?.record
      return record?.kind === 'image' ? record.config : null
    },
    toolchain: (id) => {
      const drafted = draft.targets.get(id)
      return drafted !== undefined && 'identity' in drafted ? drafted.identity : null
    },
  }
}
