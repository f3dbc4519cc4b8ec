import type { TargetId, TargetOutcome } from '@orchestrate/core'
import { describe, expect, it } from 'vitest'
import { type Admission, walk, type WalkOptions } from './walk.ts'

const id = (name: string): TargetId => name as TargetId

/** A walk whose targets end when the test says so. */
function steered(
  edges: Readonly<Record<string, readonly string[]>>,
  options: Partial<WalkOptions> & {
    readonly cold?: Readonly<Record<string, readonly string[]>>
    readonly memory?: Readonly<Record<string, number>>
  } = {},
) {
  const started: string[] = []
  const endings = new Map<string, (outcome: TargetOutcome) => void>()
  const skipped: string[] = []
  const walking = walk({
    order: Object.keys(edges).map(id),
    dependencies: (target) => (edges[target] ?? []).map(id),
    priority: () => 0,
    slots: 2,
    memoryBudget: null,
    admit: async (target): Promise<Admission> => ({
      kind: 'run',
      slot: true,
      coldCaches: options.cold?.[target] ?? [],
      memory: options.memory?.[target] ?? 0,
    }),
    run: (target) => {
      started.push(target)
      return new Promise((resolve) => endings.set(target, resolve))
    },
    skip: (target, because) => {
      skipped.push(`${target} because ${because ?? 'halted'}`)
      return 'skipped'
    },
    tolerates: () => false,
    halted: () => false,
    halt: new AbortController().signal,
    ...options,
  })
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 10; turn++) await Promise.resolve()
  }
  const end = async (target: string, outcome: TargetOutcome = 'succeeded'): Promise<void> => {
    endings.get(target)?.(outcome)
    await settle()
  }
  return { walking, started, skipped, end, settle }
}

describe('walk', () => {
  it('starts a target only after everything that it depends on', async () => {
    const run = steered({ a: [], b: ['a'], c: ['a', 'b'] })
    await run.settle()
    expect(run.started).toEqual(['a'])
    await run.end('a')
    expect(run.started).toEqual(['a', 'b'])
    await run.end('b')
    await run.end('c')
    expect([...(await run.walking)]).toEqual([
      ['a', 'succeeded'],
      ['b', 'succeeded'],
      ['c', 'succeeded'],
    ])
  })

  it('never runs together what does not fit into memory together', async () => {
    const run = steered({ big: [], large: [], small: [], free: [] }, { slots: 4, memoryBudget: 10, memory: { big: 7, large: 6, small: 3 } })
    await run.settle()
    expect(run.started).toEqual(['big', 'small', 'free'])
    await run.end('small')
    expect(run.started).not.toContain('large')
    await run.end('big')
    expect(run.started).toEqual(['big', 'small', 'free', 'large'])
    await run.end('large')
    await run.end('free')
    await run.walking
  })

  it('runs what alone exceeds the memory beside nothing whose memory is known', async () => {
    const run = steered({ small: [], huge: [], other: [] }, { slots: 4, memoryBudget: 10, memory: { small: 1, huge: 99, other: 1 } })
    await run.settle()
    expect(run.started).toEqual(['small', 'other'])
    await run.end('small')
    await run.end('other')
    expect(run.started).toEqual(['small', 'other', 'huge'])
    await run.end('huge')
    await run.walking
  })

  it('never runs more than its slots, and starts the highest priority first', async () => {
    const priorities: Record<string, number> = { a: 1, b: 5, c: 3, d: 3 }
    const run = steered({ a: [], b: [], c: [], d: [] }, { priority: (target) => priorities[target] ?? 0 })
    await run.settle()
    expect(run.started).toEqual(['b', 'c'])
    await run.end('c')
    expect(run.started).toEqual(['b', 'c', 'd'])
    await run.end('b')
    await run.end('d')
    await run.end('a')
    await run.walking
    expect(run.started).toEqual(['b', 'c', 'd', 'a'])
  })

  it('lets one target fill a cold cache before the others that use it start', async () => {
    const run = steered({ a: [], b: [], c: [], other: [] }, { slots: 4, cold: { a: ['go'], b: ['go'], c: ['go'] } })
    await run.settle()
    expect(run.started).toEqual(['a', 'other'])
    await run.end('a')
    expect(run.started).toEqual(['a', 'other', 'b', 'c'])
    for (const target of ['b', 'c', 'other']) await run.end(target)
    await run.walking
  })

  it('lets the next one fill the cache when the first has failed', async () => {
    const run = steered({ a: [], b: [], c: [] }, { slots: 4, cold: { a: ['go'], b: ['go'], c: ['go'] } })
    await run.settle()
    await run.end('a', 'failed')
    expect(run.started).toEqual(['a', 'b'])
    await run.end('b')
    expect(run.started).toEqual(['a', 'b', 'c'])
    await run.end('c')
    await run.walking
  })

  it('gives slot and cache free as soon as a target leaves them, and dependents only at its end', async () => {
    const leaves = new Map<string, () => void>()
    const ends = new Map<string, () => void>()
    const started: string[] = []
    const walking = walk({
      order: ['a', 'b', 'c'].map(id),
      dependencies: (target) => (target === 'c' ? [id('a')] : []),
      priority: () => 0,
      slots: 1,
      memoryBudget: null,
      admit: async () => ({ kind: 'run', slot: true, coldCaches: ['go'], memory: 0 }),
      run: (target, leave) => {
        started.push(target)
        leaves.set(target, leave)
        return new Promise((resolve) => ends.set(target, () => resolve('succeeded')))
      },
      skip: () => 'skipped',
      tolerates: () => false,
      halted: () => false,
      halt: new AbortController().signal,
    })
    const settle = async (): Promise<void> => {
      for (let turn = 0; turn < 10; turn++) await Promise.resolve()
    }
    await settle()
    expect(started).toEqual(['a'])
    leaves.get('a')?.()
    leaves.get('a')?.()
    expect(started).toEqual(['a', 'b'])
    ends.get('b')?.()
    await settle()
    expect(started).toEqual(['a', 'b'])
    ends.get('a')?.()
    await settle()
    expect(started).toEqual(['a', 'b', 'c'])
    ends.get('c')?.()
    expect([...(await walking).values()]).toEqual(['succeeded', 'succeeded', 'succeeded'])
  })

  it('skips what depends on a failure and goes on with the rest', async () => {
    const run = steered({ a: [], b: ['a'], c: ['b'], d: [] })
    await run.settle()
    await run.end('a', 'failed')
    expect(run.skipped).toEqual(['b because a', 'c because b'])
    await run.end('d')
    expect(Object.fromEntries(await run.walking)).toEqual({ a: 'failed', b: 'skipped', c: 'skipped', d: 'succeeded' })
  })

  it('starts nothing new once it is halted, and waits for what is running', async () => {
    const halt = new AbortController()
    const run = steered({ a: [], b: [], c: [] }, { slots: 1, halt: halt.signal, halted: () => halt.signal.aborted })
    await run.settle()
    halt.abort()
    expect(run.skipped).toEqual(['b because halted', 'c because halted'])
    await run.end('a', 'cancelled')
    expect(Object.fromEntries(await run.walking)).toEqual({ a: 'cancelled', b: 'skipped', c: 'skipped' })
  })

  it('throws a bug only after everything that was running has ended', async () => {
    const endings: (() => void)[] = []
    const walking = walk({
      order: ['a', 'b'].map(id),
      dependencies: () => [],
      priority: () => 0,
      slots: 2,
      memoryBudget: null,
      admit: async () => ({ kind: 'run', slot: true, coldCaches: [], memory: 0 }),
      run: (target) =>
        target === 'a' ? Promise.reject(new Error('bug')) : new Promise((resolve) => endings.push(() => resolve('succeeded'))),
      skip: () => 'skipped',
      tolerates: () => false,
      halted: () => false,
      halt: new AbortController().signal,
    })
    let ended = false
    const watched = walking.finally(() => {
      ended = true
    })
    const outcome = expect(watched).rejects.toThrow('bug')
    for (let turn = 0; turn < 20; turn++) await Promise.resolve()
    expect(ended).toBe(false)
    endings[0]?.()
    await outcome
  })

  it('follows a chain of 20,000 skipped targets without recursion', async () => {
    const names = Array.from({ length: 20_000 }, (_, index) => `t${String(index).padStart(5, '0')}`)
    const edges = Object.fromEntries(names.map((name, index) => [name, index === 0 ? [] : [names[index - 1] ?? '']]))
    const run = steered(edges)
    await run.settle()
    await run.end('t00000', 'failed')
    expect([...(await run.walking).values()].filter((outcome) => outcome === 'skipped')).toHaveLength(19_999)
  })
})
