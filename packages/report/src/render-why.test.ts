import { type DecisionKind, digestOf, type Reason, type TargetId } from '@orchestrate/core'
import type { PlanOutline } from '@orchestrate/plan'
import { describe, expect, it } from 'vitest'
import { renderWhy } from './render-why.ts'
import { explainWhy } from './why.ts'

const target = (id: string): TargetId => id as TargetId

function planOf(targets: Readonly<Record<string, readonly [DecisionKind, ...Reason[]]>>): PlanOutline {
  const outlined = Object.entries(targets).map(([name, [decision, ...reasons]]) => {
    const id = target(name)
    const recipe = digestOf(name)
    const rest = { service: null, recipe, fingerprint: null, mayStop: false, needs: [], estimatedSeconds: null }
    return [id, { id, kind: 'build' as const, decision, reasons, ...rest }] as const
  })
  return {
    graph: { workspace: { name: 'shop' } },
    targets: new Map(outlined),
    summary: { build: 0, restore: 0, emit: 0, current: 0, blocked: 0 },
  }
}

const PLAN = planOf({
  'toolchain:go': ['current'],
  'api:schema': ['build', { kind: 'input-changed', path: 'api/api.json' }, { kind: 'env-added', name: 'MODE' }],
  'web:build': ['build', { kind: 'toolchain-changed', toolchain: 'node' }, { kind: 'need-acts', target: target('api:schema') }],
  'web:test': ['build', { kind: 'need-acts', target: target('api:schema') }],
  'web:image': ['emit', { kind: 'need-acts', target: target('web:build') }, { kind: 'gate-pending', target: target('web:test') }],
})

describe('why', () => {
  it('goes down to what somebody changed, and tells nothing twice', () => {
    const answers = explainWhy(PLAN, [target('web:image'), target('web:test'), target('toolchain:go')])
    expect(renderWhy(answers, { color: false })).toBe(
      [
        'web:image  emit',
        '  needs web:build',
        '    toolchain node changed',
        '    needs api:schema',
        '      api/api.json changed',
        '      variable MODE is new',
        '  check web:test has yet to succeed',
        '    needs api:schema (see above)',
        'web:test  build',
        '  needs api:schema (see above)',
        'toolchain:go  current: nothing that it is made of has changed',
        '',
      ].join('\n'),
    )
  })

  it('is data for programs', () => {
    expect(explainWhy(PLAN, [target('web:test')])).toEqual([
      {
        target: 'web:test',
        decision: 'build',
        causes: [
          {
            reason: { kind: 'need-acts', target: 'api:schema' },
            causes: [
              { reason: { kind: 'input-changed', path: 'api/api.json' }, causes: [] },
              { reason: { kind: 'env-added', name: 'MODE' }, causes: [] },
            ],
          },
        ],
      },
    ])
  })
})
