import type { DecisionKind, Reason, TargetId } from '@orchestrate/core'
import { describe, expect, it } from 'vitest'
import { type PlanLines, renderPlan } from './render-plan.ts'

type Decided = readonly [id: string, decision: DecisionKind, reasons: readonly Reason[], mayStop?: boolean]

function planOf(...decided: readonly Decided[]): PlanLines {
  const summary = { build: 0, restore: 0, emit: 0, current: 0, blocked: 0 }
  for (const [, decision] of decided) summary[decision] += 1
  const targets = decided.map(([id, decision, reasons, mayStop = false]) => ({ id: id as TargetId, decision, reasons, mayStop }))
  return { targets: new Map(targets.map((target) => [target.id, target])), summary }
}

const needsBuild: Reason = { kind: 'need-acts', target: 'api:build' as TargetId }

describe('a plan in words', () => {
  it('has a line with its first reason for each target that acts, and counts the rest', () => {
    const plan = planOf(
      ['toolchain:go', 'current', []],
      ['api:build', 'build', [{ kind: 'env-changed', name: 'MODE' }]],
      ['api:image', 'emit', [needsBuild, { kind: 'gate-pending', target: 'api:test' as TargetId }], true],
    )
    expect(renderPlan(plan, { color: false })).toBe(
      [
        '  build    api:build  variable MODE changed',
        '  emit     api:image  needs api:build (and 1 more reason) (may turn out unchanged)',
        '',
        'Plan: 1 to build, 1 to emit, 1 current.',
        '',
      ].join('\n'),
    )
  })

  it.each<[Reason, string]>([
    [{ kind: 'never-built' }, 'never built'],
    [{ kind: 'definition-changed', field: 'cmd' }, 'its cmd changed'],
  ])('does not suppose that a target with a reason of its own turns out unchanged', (reason, words) => {
    expect(renderPlan(planOf(['api:image', 'emit', [reason, needsBuild], true]), { color: false })).toBe(
      `  emit     api:image  ${words} (and 1 more reason)\n\nPlan: 1 to emit.\n`,
    )
  })

  it('says how much is current when nothing acts', () => {
    expect(renderPlan(planOf(), { color: false })).toBe('Nothing to do: there are no targets.\n')
    expect(renderPlan(planOf(['api:build', 'current', []]), { color: false })).toBe('Nothing to do: 1 target is current.\n')
  })
})
