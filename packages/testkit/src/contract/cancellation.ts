import { setTimeout as delay } from 'node:timers/promises'
import type { BuilderExit } from '@orchestrate/execute'
import { expect, it } from 'vitest'
import { view } from './contract-inputs.ts'
import { contractBuilder, describeOutputs, observe, type OpenFixture } from './engine-fixture.ts'
import { pick } from './exits.ts'
import { NIGHTLY } from './nightly.ts'

/** Milliseconds after the call of `run` at which it is cancelled: before, within and behind all that an engine does to start a builder. */
const MOMENTS = NIGHTLY ? Array.from({ length: 60 }, (_, index) => index * 12) : [0, 5, 15, 30, 60, 150, 400]

/** Builders that are asked to end, or made to. */
export function cancellationContract(open: OpenFixture): void {
  stopContract(open)
  momentContract(open)
}

function stopContract(open: OpenFixture): void {
  it('lets a builder that is asked to stop end by itself', async () => {
    await using fixture = await open()
    const stop = new AbortController()
    const { exit } = await observe(fixture, contractBuilder(fixture, { steps: [{ do: 'wait-for-stop' }] }), {
      stop: stop.signal,
      onOutput: () => stop.abort(),
    })
    expect(await endOf(exit)).toEqual({ code: 7, outOfMemory: false, stopped: true, startError: null })
  })

  it('kills a builder that does not stop within the grace', async () => {
    await using fixture = await open()
    const stop = new AbortController()
    const builder = contractBuilder(fixture, { graceMs: 200, steps: [{ do: 'never-end' }] })
    const { exit } = await observe(fixture, builder, { stop: stop.signal, onOutput: () => stop.abort() })
    expect(await endOf(exit)).toEqual({ code: 137, outOfMemory: false, stopped: true, startError: null })
  })

  it('kills at once', async () => {
    await using fixture = await open()
    const kill = new AbortController()
    const { exit } = await observe(fixture, contractBuilder(fixture, { steps: [{ do: 'never-end' }] }), {
      kill: kill.signal,
      onOutput: () => kill.abort(),
    })
    expect(await endOf(exit)).toEqual({ code: 137, outOfMemory: false, stopped: true, startError: null })
  })

  it('kills within the grace when it no longer wants to wait', async () => {
    await using fixture = await open()
    const [stop, kill] = [new AbortController(), new AbortController()]
    const builder = contractBuilder(fixture, { graceMs: 600_000, steps: [{ do: 'never-end' }] })
    const { exit } = await observe(fixture, builder, {
      stop: stop.signal,
      kill: kill.signal,
      onOutput: () => {
        stop.abort()
        kill.abort()
      },
    })
    expect(await endOf(exit)).toEqual({ code: 137, outOfMemory: false, stopped: true, startError: null })
  })

  it('ends a builder whose time is over', async () => {
    await using fixture = await open()
    const builder = contractBuilder(fixture, { graceMs: 100, steps: [{ do: 'never-end' }] })
    const { exit } = await observe(fixture, builder, { stop: AbortSignal.timeout(1000) })
    expect(await endOf(exit)).toEqual({ code: 137, outOfMemory: false, stopped: true, startError: null })
  })

  it('still gives what a stopped builder left', async () => {
    await using fixture = await open()
    const stop = new AbortController()
    const builder = contractBuilder(fixture, { steps: [{ do: 'write', path: '/out/half', text: 'h' }, { do: 'wait-for-stop' }] })
    const { exit } = await observe(fixture, builder, { stop: stop.signal, onOutput: () => stop.abort() })
    expect(await describeOutputs(exit)).toEqual(['file 644 half "h"'])
    await exit[Symbol.asyncDispose]()
  })
}

function momentContract(open: OpenFixture): void {
  it.each(['stop', 'kill'] as const)('starts nothing once the run is over: %s', async (how) => {
    await using fixture = await open()
    const builder = contractBuilder(fixture, { steps: [{ do: 'print', to: 'stdout', text: 'started' }] })
    const { exit, stdout } = await observe(fixture, builder, { [how]: AbortSignal.abort() })
    expect([stdout, exit.stopped, await describeOutputs(exit)]).toEqual(['', true, []])
    await exit[Symbol.asyncDispose]()
    expect(await fixture.leftovers(builder.run.runId)).toEqual([])
  })

  it.each(['stop', 'kill'] as const)('ends a builder at whatever moment of its start: %s', async (how) => {
    await using fixture = await open()
    for (const moment of MOMENTS) {
      const control = new AbortController()
      const builder = contractBuilder(fixture, { graceMs: 100, mounts: [view(fixture, 'throw-away')], steps: [{ do: 'never-end' }] })
      const running = observe(fixture, builder, { [how]: control.signal })
      await delay(moment)
      control.abort()
      const { exit } = await running
      expect([moment, exit.stopped, exit.startError, exit.code === 137 || exit.code === 143]).toEqual([moment, true, null, true])
      await exit[Symbol.asyncDispose]()
      expect([moment, await fixture.leftovers(builder.run.runId)]).toEqual([moment, []])
    }
  })

  it('does not mind being cancelled when all is over', async () => {
    await using fixture = await open()
    const [stop, kill] = [new AbortController(), new AbortController()]
    const builder = contractBuilder(fixture, { steps: [{ do: 'write', path: '/out/app', text: 'x' }] })
    const { exit } = await observe(fixture, builder, { stop: stop.signal, kill: kill.signal })
    stop.abort()
    kill.abort()
    expect([pick(exit), await describeOutputs(exit)]).toEqual([
      { code: 0, outOfMemory: false, stopped: false, startError: null },
      ['file 644 app "x"'],
    ])
    await exit[Symbol.asyncDispose]()
    expect(await fixture.leftovers(builder.run.runId)).toEqual([])
  })
}

async function endOf(exit: BuilderExit): Promise<object> {
  await exit[Symbol.asyncDispose]()
  return pick(exit)
}
