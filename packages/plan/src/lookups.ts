import type { Digest, TargetId } from '@orchestrate/core'
import type { ActionRecord, HistoryItem } from '@orchestrate/store'

/** What the planner asks the store and the history; it never asks an engine. */
export interface PlanLookups {
  record(fingerprint: Digest): Promise<ActionRecord | null>
  /** The first blob that the record names and that is missing or damaged, or null. */
  damaged(record: ActionRecord): Promise<Digest | null>
  /** The stored manifest of a fingerprint, or null. */
  manifest(fingerprint: Digest): Promise<string | null>
  /** The target's last success, or null. */
  lastGood(target: TargetId): HistoryItem | null
  /** The fingerprint of the target's last run when it failed, or null. */
  lastFailure(target: TargetId): Digest | null
}
