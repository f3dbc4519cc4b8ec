import { describe, expect, it } from 'vitest'
import { cacheKey, view } from './contract-inputs.ts'
import type { ContractStep } from './contract-steps.ts'
import { contractBuilder, observe, type OpenFixture, outcomeOf } from './engine-fixture.ts'
import { filesContract } from './files-contract.ts'
import { identifyDeadProcess, identifyProcess } from './process-identity.ts'

/** What every Engine must do, whatever runs its builders. `open` gives a fresh fixture to every test. */
export function engineContract(name: string, open: OpenFixture): void {
  describe(`engine contract: ${name}`, () => {
    processContract(open)
    outputContract(open)
    filesContract(open)
    endingContract(open)
    tidinessContract(open)
  })
}

const never = new AbortController().signal
const print = (text: string): ContractStep => ({ do: 'print', to: 'stdout', text })

function processContract(open: OpenFixture): void {
  it('describes itself', async () => {
    await using fixture = await open()
    expect(await fixture.engine.probe(never)).toMatchObject({
      ok: true,
      value: { platform: { os: 'linux' }, summary: expect.stringMatching(/\S/) },
    })
  })

  it('finds no image that is not there', async () => {
    await using fixture = await open()
    expect(await fixture.engine.findImage('orchestrate-contract/no-such-image:1', never)).toEqual({ ok: true, value: null })
  })

  it.each([0, 1, 42, 255])('reports exit code %i', async (code) => {
    await using fixture = await open()
    const { exit } = await observe(fixture, contractBuilder(fixture, { steps: [{ do: 'exit', code }] }))
    expect(pick(exit)).toEqual({ code, outOfMemory: false, stopped: false, startError: null })
    await exit[Symbol.asyncDispose]()
  })

  it('reports a command that does not exist as 127 with the reason', async () => {
    await using fixture = await open()
    const { exit } = await observe(fixture, contractBuilder(fixture, { argv: ['no-such-command', '-v'] }))
    expect(pick(exit)).toEqual({
      code: 127,
      outOfMemory: false,
      stopped: false,
      startError: 'exec: "no-such-command": executable file not found in $PATH',
    })
    await exit[Symbol.asyncDispose]()
  })

  it('reports a file that cannot be executed as 126 with the reason', async () => {
    await using fixture = await open()
    const { exit } = await observe(fixture, contractBuilder(fixture, { argv: ['/etc/passwd'] }))
    expect(pick(exit)).toEqual({ code: 126, outOfMemory: false, stopped: false, startError: 'exec: "/etc/passwd": permission denied' })
    await exit[Symbol.asyncDispose]()
  })

  it.each([126, 127])('tells a command that chose %i from one that could not be started', async (code) => {
    await using fixture = await open()
    const { exit } = await observe(fixture, contractBuilder(fixture, { steps: [{ do: 'exit', code }] }))
    expect(pick(exit)).toEqual({ code, outOfMemory: false, stopped: false, startError: null })
    await exit[Symbol.asyncDispose]()
  })

  it('gives exactly the declared variables', async () => {
    await using fixture = await open()
    const env = new Map([
      ['EMPTY', ''],
      ['HOME', '/root'],
      ['LINES_', 'a b=c "d" $e'],
    ])
    const { stdout } = await outcomeOf(fixture, contractBuilder(fixture, { env, steps: [{ do: 'print-environment' }] }))
    expect(stdout.split('\n').toSorted()).toEqual([
      '',
      'EMPTY=',
      'HOME=/root',
      'LINES_=a b=c "d" $e',
      `PATH=${fixture.root.env.get('PATH')}`,
    ])
  })

  it('runs as uid 0 in the declared directory under the declared host name', async () => {
    await using fixture = await open()
    const { stdout } = await outcomeOf(
      fixture,
      contractBuilder(fixture, { workdir: '/srv/here', hostname: 'bench', steps: [{ do: 'print-world' }] }),
    )
    expect(stdout).toBe('0\n/srv/here\nbench\n')
  })

  it('runs as another user, who may write outputs and caches', async () => {
    await using fixture = await open()
    const caches = [{ key: cacheKey(fixture, 'other-user'), to: '/cache' }]
    const steps: ContractStep[] = [{ do: 'print-world' }, { do: 'try-write', path: '/out/app' }, { do: 'try-write', path: '/cache/entry' }]
    const { stdout } = await outcomeOf(fixture, contractBuilder(fixture, { user: '1000:1000', caches, steps }))
    expect(stdout).toBe('1000\n/\nbuilder\nwritten\nwritten\n')
  })
}

function outputContract(open: OpenFixture): void {
  it('keeps stdout and stderr apart and each in order', async () => {
    await using fixture = await open()
    const steps: ContractStep[] = [
      print('1\n'),
      { do: 'print', to: 'stderr', text: 'a\n' },
      print('2\n'),
      { do: 'print', to: 'stderr', text: 'b\n' },
      print('3'),
    ]
    expect(await outcomeOf(fixture, contractBuilder(fixture, { steps }))).toEqual({ code: 0, stdout: '1\n2\n3', stderr: 'a\nb\n' })
  })

  it('passes bytes on as they are', async () => {
    await using fixture = await open()
    const chunks: Uint8Array[] = []
    const builder = contractBuilder(fixture, { steps: [{ do: 'print-bytes', hex: '00ff80e282ac0d0a1b' }] })
    await fixture.engine.prepare(builder.root, never)
    const result = await fixture.engine.run(builder, {
      stdout: (chunk) => chunks.push(Uint8Array.from(chunk)),
      stderr: () => undefined,
      stop: never,
      kill: never,
    })
    expect(Buffer.concat(chunks).toString('hex')).toBe('00ff80e282ac0d0a1b')
    if (result.ok) await result.value[Symbol.asyncDispose]()
  })

  it('passes 20 MB on whole', async () => {
    await using fixture = await open()
    let bytes = 0
    const builder = contractBuilder(fixture, { steps: [{ do: 'print-lines', width: 1000, count: 20_000 }] })
    await fixture.engine.prepare(builder.root, never)
    const result = await fixture.engine.run(builder, {
      stdout: (chunk) => (bytes += chunk.length),
      stderr: () => undefined,
      stop: never,
      kill: never,
    })
    expect(bytes).toBe(20_000_000)
    if (result.ok) await result.value[Symbol.asyncDispose]()
  })
}

function endingContract(open: OpenFixture): void {
  it('lets a builder that is asked to stop end by itself', async () => {
    await using fixture = await open()
    const stop = new AbortController()
    const { exit } = await observe(fixture, contractBuilder(fixture, { steps: [{ do: 'wait-for-stop' }] }), {
      stop: stop.signal,
      onOutput: () => stop.abort(),
    })
    expect(pick(exit)).toEqual({ code: 7, outOfMemory: false, stopped: true, startError: null })
    await exit[Symbol.asyncDispose]()
  })

  it('kills a builder that does not stop within the grace', async () => {
    await using fixture = await open()
    const stop = new AbortController()
    const builder = contractBuilder(fixture, { graceMs: 200, steps: [{ do: 'never-end' }] })
    const { exit } = await observe(fixture, builder, { stop: stop.signal, onOutput: () => stop.abort() })
    expect(pick(exit)).toEqual({ code: 137, outOfMemory: false, stopped: true, startError: null })
    await exit[Symbol.asyncDispose]()
  })

  it('kills at once', async () => {
    await using fixture = await open()
    const kill = new AbortController()
    const { exit } = await observe(fixture, contractBuilder(fixture, { steps: [{ do: 'never-end' }] }), {
      kill: kill.signal,
      onOutput: () => kill.abort(),
    })
    expect(pick(exit)).toEqual({ code: 137, outOfMemory: false, stopped: true, startError: null })
    await exit[Symbol.asyncDispose]()
  })

  it('starts nothing once the run is stopped', async () => {
    await using fixture = await open()
    const { exit, stdout } = await observe(fixture, contractBuilder(fixture, { steps: [print('started')] }), { stop: AbortSignal.abort() })
    expect([stdout, exit.stopped]).toEqual(['', true])
    await exit[Symbol.asyncDispose]()
  })
}

function tidinessContract(open: OpenFixture): void {
  it('leaves nothing of a builder once its exit is disposed, twice or once', async () => {
    await using fixture = await open()
    const builder = contractBuilder(fixture, { mounts: [view(fixture, 'throw-away')], steps: [print('x')] })
    const { exit } = await observe(fixture, builder)
    expect(await fixture.leftovers(builder.run.runId)).not.toEqual([])
    await exit[Symbol.asyncDispose]()
    await exit[Symbol.asyncDispose]()
    expect(await fixture.leftovers(builder.run.runId)).toEqual([])
  })

  it('sweeps what a dead run left and spares the living', async () => {
    await using fixture = await open()
    const dead = contractBuilder(fixture, { id: 'dead:build', run: identifyDeadProcess('contract-dead') })
    const living = contractBuilder(fixture, { id: 'living:build', run: identifyProcess('contract-living') })
    await observe(fixture, dead)
    const { exit } = await observe(fixture, living)
    const left = await fixture.leftovers(dead.run.runId)
    const swept = await fixture.engine.sweep(never)
    expect(swept).toEqual({ ok: true, value: left })
    expect(await fixture.leftovers(dead.run.runId)).toEqual([])
    expect(await fixture.leftovers(living.run.runId)).not.toEqual([])
    await exit[Symbol.asyncDispose]()
  })
}

function pick(exit: {
  readonly code: number
  readonly outOfMemory: boolean
  readonly stopped: boolean
  readonly startError: string | null
}): object {
  return { code: exit.code, outOfMemory: exit.outOfMemory, stopped: exit.stopped, startError: exit.startError }
}
