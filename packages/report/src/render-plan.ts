import type { DecisionKind, Reason } from '@orchestrate/core'
import type { Plan, PlannedTarget } from '@orchestrate/plan'
import { describeReason } from './describe-reason.ts'
import { count } from './format.ts'
import { createPaint, type Paint } from './paint.ts'

/** What of a plan is shown. */
export interface PlanLines extends Pick<Plan, 'summary'> {
  readonly targets: ReadonlyMap<string, ShownTarget>
}

type ShownTarget = Pick<PlannedTarget, 'id' | 'decision' | 'reasons' | 'mayStop'>

/** What acts, one line each with its first reason; the rest is counted. */
export function renderPlan(plan: PlanLines, options: { readonly color: boolean }): string {
  const paint = createPaint(options.color)
  const acting = [...plan.targets.values()].filter((target) => target.decision !== 'current')
  if (acting.length === 0) return `Nothing to do: ${currentCount(plan)}.\n`
  const width = Math.max(...acting.map((target) => target.id.length))
  return [...acting.map((target) => renderTarget(target, width, paint)), '', `Plan: ${renderSummary(plan)}.`, ''].join('\n')
}

const FORMATS = { build: 'green', restore: 'cyan', emit: 'cyan', current: 'gray', blocked: 'red' } as const

function renderTarget(target: ShownTarget, width: number, paint: Paint): string {
  const [first, ...more] = target.reasons
  const reason = first === undefined ? '' : `  ${describeReason(first)}`
  const further = more.length === 0 ? '' : paint('gray', ` (and ${count(more.length, 'more reason')})`)
  const may = target.mayStop && target.reasons.every(isOfOthers) ? paint('gray', ' (may turn out unchanged)') : ''
  return `  ${paint(FORMATS[target.decision], target.decision.padEnd(7))}  ${target.id.padEnd(width)}${reason}${further}${may}`
}

/** A target that has a reason of its own acts, whatever comes out of what it needs. */
const isOfOthers = ({ kind }: Reason): boolean => kind === 'need-acts' || kind === 'gate-pending'

const WORDS: Readonly<Record<DecisionKind, string>> = {
  build: 'to build',
  restore: 'to restore',
  emit: 'to emit',
  blocked: 'blocked',
  current: 'current',
}

/** `3 to build, 1 to emit, 12 current`. */
function renderSummary(plan: PlanLines): string {
  const kinds: readonly DecisionKind[] = ['build', 'restore', 'emit', 'blocked', 'current']
  return kinds
    .filter((kind) => plan.summary[kind] > 0)
    .map((kind) => `${plan.summary[kind]} ${WORDS[kind]}`)
    .join(', ')
}

function currentCount(plan: PlanLines): string {
  const total = plan.targets.size
  return total === 0 ? 'there are no targets' : total === 1 ? '1 target is current' : `${total} targets are current`
}
