import type { BuilderExit } from '@orchestrate/execute'
import { expect, it } from 'vitest'
import { contractBuilder, observe, type EngineFixture, type OpenFixture } from './engine-fixture.ts'
import type { ContractStep } from './contract-steps.ts'
import { NIGHTLY } from './nightly.ts'

/** Every code that has a meaning of its own somewhere; by night all that there are. */
const CODES = NIGHTLY ? Array.from({ length: 256 }, (_, code) => code) : [0, 1, 2, 42, 125, 126, 127, 128, 137, 143, 255]

/** How builders end by themselves, and how those do that cannot begin. */
export function exitContract(open: OpenFixture): void {
  it.each(CODES)('reports exit code %i as the choice of the command', async (code) => {
    await using fixture = await open()
    expect(await ending(fixture, [{ do: 'exit', code }])).toEqual({ code, outOfMemory: false, stopped: false, startError: null })
  })

  it.each([
    ['SIGABRT', 6],
    ['SIGKILL', 9],
    ['SIGSEGV', 11],
    ['SIGTERM', 15],
  ])('reports death by %s as 128 and its number', async (_, signal) => {
    await using fixture = await open()
    expect(await ending(fixture, [{ do: 'die', signal }])).toEqual({
      code: 128 + signal,
      outOfMemory: false,
      stopped: false,
      startError: null,
    })
  })

  it.each([
    ['a command that is nowhere on PATH', 'no-such-command', 127, 'exec: "no-such-command": executable file not found in $PATH'],
    ['a path where nothing is', '/no/such/command', 127, 'exec: "/no/such/command": executable file not found'],
    ['a file that is not executable', '/etc/passwd', 126, 'exec: "/etc/passwd": permission denied'],
    ['a directory', '/etc', 126, 'exec: "/etc": permission denied'],
  ])('reports %s as one that could not be started, with the reason', async (_, command, code, startError) => {
    await using fixture = await open()
    const { exit } = await observe(fixture, contractBuilder(fixture, { argv: [command, '-v'] }))
    expect(pick(exit)).toEqual({ code, outOfMemory: false, stopped: false, startError })
    await exit[Symbol.asyncDispose]()
  })
}

/** All of an exit but what has to be read or disposed. */
export function pick({ code, outOfMemory, stopped, startError }: BuilderExit): object {
  return { code, outOfMemory, stopped, startError }
}

async function ending(fixture: EngineFixture, steps: readonly ContractStep[]): Promise<object> {
  const { exit } = await observe(fixture, contractBuilder(fixture, { steps }))
  await exit[Symbol.asyncDispose]()
  return pick(exit)
}
