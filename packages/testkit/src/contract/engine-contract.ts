import { describe, expect, it } from 'vitest'
import { cacheContract } from './caches.ts'
import { cancellationContract } from './cancellation.ts'
import { crowdContract } from './crowd.ts'
import type { OpenFixture } from './engine-fixture.ts'
import { environmentContract } from './environment.ts'
import { exitContract } from './exits.ts'
import { inputContract } from './inputs.ts'
import { leftoverContract } from './leftovers.ts'
import { logContract } from './logs.ts'
import { nestingContract } from './nesting.ts'
import { outputContract } from './outputs.ts'
import { userContract } from './users.ts'

/** What every Engine must do, whatever runs its builders. `open` gives a fresh fixture to every test. */
export function engineContract(name: string, open: OpenFixture): void {
  describe(`engine contract: ${name}`, () => {
    describe('the engine', () => introductionContract(open))
    describe('inputs', () => inputContract(open))
    describe('needs', () => nestingContract(open))
    describe('outputs', () => outputContract(open))
    describe('caches', () => cacheContract(open))
    describe('environment', () => environmentContract(open))
    describe('user', () => userContract(open))
    describe('exits', () => exitContract(open))
    describe('logs', () => logContract(open))
    describe('cancellation', () => cancellationContract(open))
    describe('leftovers', () => leftoverContract(open))
    describe('crowd', () => crowdContract(open))
  })
}

const never = new AbortController().signal

function introductionContract(open: OpenFixture): void {
  it('describes itself', async () => {
    await using fixture = await open()
    expect(await fixture.engine.probe(never)).toMatchObject({
      ok: true,
      value: { platform: { os: 'linux' }, summary: expect.stringMatching(/\S/) },
    })
  })

  it('says whether it enforces the limit of processes', async () => {
    await using fixture = await open()
    const probed = await fixture.engine.probe(never)
    const unenforced = probed.ok ? probed.value.unenforced.filter((limit) => limit.startsWith('pids: ')) : []
    expect(unenforced.length).toBe(fixture.facts.limitsPids ? 0 : 1)
  })

  it('examines what builders need and finds it working', async () => {
    await using fixture = await open()
    const checks = await fixture.engine.examine(never)
    expect(checks.length).toBeGreaterThan(0)
    expect(checks.filter(({ state }) => state === 'broken')).toEqual([])
    expect(checks.filter(({ state, help }) => (state === 'works') !== (help === null))).toEqual([])
  })

  it('finds no image that is not there', async () => {
    await using fixture = await open()
    expect(await fixture.engine.findImage('orchestrate-contract/no-such-image:1', never)).toEqual({ ok: true, value: null })
  })
}
