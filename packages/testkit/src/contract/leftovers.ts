import type { Builder } from '@orchestrate/execute'
import { expect, it } from 'vitest'
import { identifyDeadProcess } from '../process-identity.ts'
import { cacheKey, view } from './contract-inputs.ts'
import { contractBuilder, type EngineFixture, observe, type OpenFixture } from './engine-fixture.ts'

const never = new AbortController().signal

/** What is left of builders in the engine: nothing, once nobody needs it. */
export function leftoverContract(open: OpenFixture): void {
  it('are none once an exit is disposed, twice or once', async () => {
    await using fixture = await open()
    const builder = contractBuilder(fixture, { mounts: [view(fixture, 'throw-away')], steps: [{ do: 'print', to: 'stdout', text: 'x' }] })
    const { exit } = await observe(fixture, builder)
    expect(await fixture.leftovers(builder.run.runId)).not.toEqual([])
    await exit[Symbol.asyncDispose]()
    await exit[Symbol.asyncDispose]()
    expect(await fixture.leftovers(builder.run.runId)).toEqual([])
  })

  it.each<[string, (fixture: EngineFixture) => Partial<Builder>]>([
    ['a failed builder', (fixture) => ({ argv: fixture.command([{ do: 'exit', code: 9 }]) })],
    ['a builder that could not be started', () => ({ argv: ['no-such-command'] })],
    ['a killed builder', (fixture) => ({ argv: fixture.command([{ do: 'die', signal: 9 }]) })],
    ['a builder of another user', (fixture) => ({ user: '1000:1000', caches: [{ key: cacheKey(fixture, 'c'), to: '/cache' }] })],
  ])('are none of %s', async (_, fields) => {
    await using fixture = await open()
    const builder = contractBuilder(fixture, { mounts: [view(fixture, 'throw-away')], ...fields(fixture) })
    const { exit } = await observe(fixture, builder)
    await exit[Symbol.asyncDispose]()
    expect(await fixture.leftovers(builder.run.runId)).toEqual([])
  })

  it('are none after close, disposed or not', async () => {
    await using fixture = await open()
    const builder = contractBuilder(fixture, { run: fixture.run, mounts: [view(fixture, 'throw-away')] })
    await observe(fixture, builder)
    expect(await fixture.leftovers(fixture.run.runId)).not.toEqual([])
    await fixture.engine.close()
    expect(await fixture.leftovers(fixture.run.runId)).toEqual([])
  })

  it('of a dead run are swept, those of the living spared', async () => {
    await using fixture = await open()
    const living = contractBuilder(fixture, { id: 'living:build' })
    const dead = contractBuilder(fixture, { id: 'dead:build', run: identifyDeadProcess(`${living.run.runId}-dead`) })
    const { exit } = await observe(fixture, living)
    await observe(fixture, dead)
    const left = await fixture.leftovers(dead.run.runId)
    const swept = await fixture.engine.sweep(never)
    expect(swept).toEqual({ ok: true, value: fixture.facts.isShared ? expect.any(Array) : left })
    expect(await fixture.leftovers(dead.run.runId)).toEqual([])
    expect(await fixture.leftovers(living.run.runId)).not.toEqual([])
    await exit[Symbol.asyncDispose]()
  })
}
