import type { Digest, TargetId, TargetKind } from '@orchestrate/core'
import type { PlanLookups } from './lookups.ts'
import type { Plan, PlanOutline, OutlinedTarget } from './plan.ts'

/** A plan in which nothing acts, as text; null for another one. Every target is named once, and by its number elsewhere. */
export function packSettledPlan(plan: Plan): string | null {
  const numbers = new Map([...plan.targets.keys()].map((id, number) => [id, number]))
  const rows: Row[] = []
  for (const { id, kind, service, decision, reasons, recipe, fingerprint, needs } of plan.targets.values()) {
    if (decision !== 'current' || reasons.length > 0 || fingerprint === null) return null
    const needed = needs.flatMap((need) => numbers.get(need) ?? [])
    if (needed.length < needs.length) return null
    rows.push([id, kind, service, recipe, fingerprint, needed])
  }
  return JSON.stringify([plan.graph.workspace.name, rows])
}

type Row = readonly [id: TargetId, kind: TargetKind, service: string | null, recipe: Digest, fingerprint: Digest, needs: readonly number[]]

/**
 * What is shown of the plan that `packSettledPlan` made `text` from, with today's estimates. The caller knows that all is still so.
 * @throws for any other text.
 */
export function unpackSettledPlan(text: string, lookups: Pick<PlanLookups, 'lastGood'>): PlanOutline {
  const [name, rows] = JSON.parse(text) as [string, readonly Row[]]
  const targets = new Map(rows.map((row) => [row[0], outlined(row, rows, lookups)]))
  const summary = { build: 0, restore: 0, emit: 0, current: targets.size, blocked: 0 }
  return { graph: { workspace: { name } }, targets, summary }
}

function outlined(
  [id, kind, service, recipe, fingerprint, needs]: Row,
  rows: readonly Row[],
  lookups: Pick<PlanLookups, 'lastGood'>,
): OutlinedTarget {
  return {
    id,
    kind,
    service,
    decision: 'current',
    reasons: [],
    recipe,
    fingerprint,
    mayStop: false,
    needs: needs.flatMap((number) => rows[number]?.[0] ?? []),
    // Looked up only where it is shown: the history is read for it.
    get estimatedSeconds() {
      return estimate(lookups.lastGood(id))
    },
  }
}

/** Seconds, from the last success. */
export function estimate(last: ReturnType<PlanLookups['lastGood']>): number | null {
  return last === null ? null : last.durationMs / 1000
}
