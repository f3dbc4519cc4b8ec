import type { Digest, Reason, TargetId } from '@orchestrate/core'
import { contentOf, type NeedContents } from '@orchestrate/fingerprint'
import type { ImageTarget } from '@orchestrate/graph'
import type { BuildRecord, ImageRecord } from '@orchestrate/store'
import type { Decided, Finding } from './decided.ts'
import type { DraftedWork } from './draft.ts'
import { explainChanges } from './explain-changes.ts'
import type { PlanLookups } from './lookups.ts'

export interface Surroundings {
  readonly lookups: PlanLookups
  readonly force: boolean
  /** What is known of the needs by now. */
  readonly contents: NeedContents
  /** What was decided for everything that the target depends on, toolchains aside. */
  readonly decided: ReadonlyMap<TargetId, Decided>
}

/** Decides for a build or an image once everything that it depends on is decided. */
export async function decideWork(drafted: DraftedWork, surroundings: Surroundings): Promise<Decided> {
  const fingerprint = drafted.digests.fingerprint(surroundings.contents)
  const finding = await find(drafted, fingerprint, surroundings.lookups)
  const failedGates = gateReasons(drafted, surroundings, 'gate-failed')
  const reasons = [
    ...failedGates,
    ...(surroundings.force ? [{ kind: 'forced' } as const] : []),
    ...(await reasonsToAct(drafted, fingerprint, finding, surroundings)),
    ...gateReasons(drafted, surroundings, 'gate-pending'),
  ]
  if (reasons.length === 0 && finding.kind === 'intact') return { decision: 'current', reasons, fingerprint, record: finding.record }
  const decision = drafted.target.kind === 'build' ? 'build' : failedGates.length > 0 ? 'blocked' : 'emit'
  return { decision, reasons, fingerprint, record: null }
}

async function find({ target }: DraftedWork, fingerprint: Digest | null, lookups: PlanLookups): Promise<Finding> {
  if (fingerprint === null) return { kind: 'unknown' }
  const record = await lookups.record(fingerprint)
  if (record === null || record.kind === 'toolchain' || record.kind !== target.kind) return { kind: 'missing' }
  const damaged = await lookups.damaged(record)
  return damaged === null ? { kind: 'intact', record } : { kind: 'damaged', digest: damaged }
}

/** Empty when the store has all of it. */
async function reasonsToAct(
  drafted: DraftedWork,
  fingerprint: Digest | null,
  finding: Finding,
  surroundings: Surroundings,
): Promise<readonly Reason[]> {
  switch (finding.kind) {
    case 'intact':
      return exceedsLimit(drafted.target, finding.record) ? [{ kind: 'definition-changed', field: 'maxSize' }] : []
    case 'damaged':
      return [{ kind: 'artifact-damaged', digest: finding.digest }]
    default: {
      const misses = await reasonsToMiss(drafted, fingerprint, surroundings)
      const failure = lastRun(drafted, fingerprint, surroundings.lookups)
      // That it failed says more than that it never succeeded, and less than what was changed since it did.
      return misses[0]?.kind === 'never-built' ? [...failure, ...misses] : [...misses, ...failure]
    }
  }
}

/** Why nothing is recorded: what changed since the last success, and what is not known yet. */
async function reasonsToMiss(
  { ingredients, target }: DraftedWork,
  fingerprint: Digest | null,
  surroundings: Surroundings,
): Promise<readonly Reason[]> {
  const { contents, lookups } = surroundings
  const unknown = ingredients.needs.filter((need) => contentOf(need, contents) === null).map((need) => need.target)
  const acting = [...new Set(unknown)].map((id): Reason => ({ kind: 'need-acts', target: id }))
  const last = lookups.lastGood(target.id)
  if (last === null) return [{ kind: 'never-built' }, ...acting]
  if (last.fingerprint === fingerprint) return [{ kind: 'record-missing' }]
  const manifest = await lookups.manifest(last.fingerprint)
  const changes = manifest === null ? null : explainChanges(manifest, ingredients, contents)
  const reasons = [...(changes ?? []), ...acting]
  return reasons.length > 0 ? reasons : [{ kind: 'record-missing' }]
}

function lastRun({ target }: DraftedWork, fingerprint: Digest | null, lookups: PlanLookups): readonly Reason[] {
  return fingerprint !== null && lookups.lastFailure(target.id) === fingerprint ? [{ kind: 'last-run-failed' }] : []
}

/** A size limit is no ingredient: an image that was emitted under a larger one has to be judged again. */
function exceedsLimit(target: DraftedWork['target'], record: BuildRecord | ImageRecord): boolean {
  if (target.kind !== 'image' || record.kind !== 'image' || target.image.maxSize === null) return false
  return record.bytes > target.image.maxSize.value
}

/** `gate-failed`: its last run failed at its present fingerprint. `gate-pending`: it has not succeeded there, but will run. */
function gateReasons({ target }: DraftedWork, surroundings: Surroundings, kind: 'gate-failed' | 'gate-pending'): readonly Reason[] {
  if (target.kind !== 'image') return []
  return pendingGates(target, surroundings.decided)
    .filter(([id, gate]) => hasFailed(id, gate, surroundings.lookups) === (kind === 'gate-failed'))
    .map(([id]) => ({ kind, target: id }))
}

function pendingGates(target: ImageTarget, decided: ReadonlyMap<TargetId, Decided>): readonly (readonly [TargetId, Decided])[] {
  return [...new Set(target.gates)].flatMap((id) => {
    const gate = decided.get(id)
    return gate === undefined || gate.decision === 'current' ? [] : [[id, gate] as const]
  })
}

function hasFailed(id: TargetId, gate: Decided, lookups: PlanLookups): boolean {
  return gate.fingerprint !== null && lookups.lastFailure(id) === gate.fingerprint
}
