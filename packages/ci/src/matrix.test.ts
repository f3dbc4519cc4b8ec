import { type DecisionKind, digestOf, type TargetId } from '@orchestrate/core'
import type { Plan, PlannedTarget } from '@orchestrate/plan'
import { describe, expect, it } from 'vitest'
import { githubOutput } from './github-output.ts'
import { ciMatrix } from './matrix.ts'

type Row = readonly [id: string, decision: DecisionKind, needs?: readonly string[], seconds?: number]

/** Only what the matrix reads: ids, services, decisions, needs and estimates. */
function planOf(rows: readonly Row[]): Plan {
  const targets = rows.map(([id, decision, needs = [], seconds]): readonly [TargetId, PlannedTarget] => {
    const [service = '', name] = id.split(':')
    const kind = service === 'toolchain' ? 'toolchain' : name === 'image' ? 'image' : 'build'
    const target: PlannedTarget = {
      id: id as TargetId,
      kind,
      service: kind === 'toolchain' ? null : service,
      decision,
      reasons: [],
      recipe: digestOf(id),
      fingerprint: null,
      mayStop: false,
      needs: needs as TargetId[],
      estimatedSeconds: seconds ?? null,
      ingredients: null,
      record: null,
    }
    return [target.id, target]
  })
  return { targets: new Map(targets) } as unknown as Plan
}

describe('ciMatrix', () => {
  it('takes only what acts, and says when there is nothing', () => {
    expect(
      ciMatrix(
        planOf([
          ['a:build', 'current'],
          ['a:image', 'current', ['a:build']],
        ]),
      ),
    ).toEqual({ ok: true, value: { include: [], count: 0, hasWork: false } })
  })

  it('puts dependents into one entry with what they depend on, and toolchains into none', () => {
    const rows: Row[] = [
      ['toolchain:go', 'build', [], 40],
      ['gen:build', 'build', ['toolchain:go'], 1],
      ['a:build', 'build', ['toolchain:go', 'gen:build'], 2],
      ['b:build', 'build', ['toolchain:go', 'gen:build']],
      ['c:build', 'build', ['toolchain:go'], 4],
    ]
    expect(ciMatrix(planOf(rows))).toEqual({
      ok: true,
      value: {
        include: [
          { name: 'a+b+gen', services: ['a', 'b', 'gen'], estimatedSeconds: 3 },
          { name: 'c', services: ['c'], estimatedSeconds: 4 },
        ],
        count: 2,
        hasWork: true,
      },
    })
  })

  it('separates dependents of something that is current', () => {
    const rows: Row[] = [
      ['gen:build', 'current'],
      ['a:build', 'build', ['gen:build']],
      ['b:build', 'build', ['gen:build']],
    ]
    const matrix = ciMatrix(planOf(rows))
    expect(matrix.ok && matrix.value.include.map(({ services }) => services)).toEqual([['a'], ['b']])
  })

  it('shortens the name of a large entry', () => {
    const rows = ['a', 'b', 'c', 'd', 'e'].map(
      (name, index, all): Row => [`${name}:build`, 'build', index === 0 ? [] : [`${all[index - 1]}:build`]],
    )
    const matrix = ciMatrix(planOf(rows))
    expect(matrix.ok && matrix.value.include[0]?.name).toBe('a+b+3 more')
  })

  it('refuses more entries than GitHub Actions takes', () => {
    const rows = Array.from({ length: 257 }, (_, index): Row => [`s${index}:build`, 'build'])
    expect(ciMatrix(planOf(rows))).toEqual({ ok: false, error: { count: 257, limit: 256 } })
  })
})

describe('githubOutput', () => {
  it('gives the matrix nothing but include', () => {
    expect(githubOutput({ include: [{ name: 'a', services: ['a'], estimatedSeconds: null }], count: 1, hasWork: true })).toBe(
      'matrix={"include":[{"name":"a","services":["a"],"estimatedSeconds":null}]}\ncount=1\nhas-work=true\n',
    )
  })

  it('refuses what does not fit', () => {
    const include = Array.from({ length: 256 }, (_, index) => ({ name: `s${index}`, services: ['x'.repeat(3000)], estimatedSeconds: null }))
    expect(githubOutput({ include, count: 256, hasWork: true })).toBe(null)
  })
})
