import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BuilderMount, CacheKey } from '@orchestrate/execute'
import { describe, expect, it } from 'vitest'
import type { ContractStep } from './contract-steps.ts'
import { contractBuilder, describeOutputs, type EngineFixture, observe, outcomeOf } from './engine-fixture.ts'
import { identifyDeadProcess, identifyProcess } from './process-identity.ts'

export type OpenFixture = () => Promise<EngineFixture>

/** What every Engine must do, whatever runs its builders. `open` gives a fresh fixture to every test. */
export function engineContract(name: string, open: OpenFixture): void {
  describe(`engine contract: ${name}`, () => {
    processContract(open)
    outputContract(open)
    mountContract(open)
    artifactContract(open)
    cacheContract(open)
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
      contractBuilder(fixture, { workdir: '/work/here', hostname: 'bench', steps: [{ do: 'print-world' }] }),
    )
    expect(stdout).toBe('0\n/work/here\nbench\n')
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

function mountContract(open: OpenFixture): void {
  it('shows exactly the mounted directory', async () => {
    await using fixture = await open()
    const steps: ContractStep[] = [
      { do: 'list', path: '/workspace' },
      { do: 'print-file', path: '/workspace/b/c.txt' },
    ]
    const { stdout } = await outcomeOf(fixture, contractBuilder(fixture, { mounts: [view(fixture, 'read-only')], steps }))
    expect(stdout).toBe('a.txt\nb\ndeep')
  })

  it('refuses writes below a read-only mount', async () => {
    await using fixture = await open()
    const steps: ContractStep[] = [
      { do: 'try-write', path: '/workspace/a.txt' },
      { do: 'try-write', path: '/workspace/new.txt' },
    ]
    const { stdout } = await outcomeOf(fixture, contractBuilder(fixture, { mounts: [view(fixture, 'read-only')], steps }))
    expect(stdout).toBe('refused\nrefused\n')
  })

  it('takes writes below a throw-away mount and leaves the source as it was', async () => {
    await using fixture = await open()
    const mounts = [view(fixture, 'throw-away')]
    const steps: ContractStep[] = [
      { do: 'write', path: '/workspace/a.txt', text: 'changed' },
      { do: 'write', path: '/workspace/new.txt', text: 'new' },
      { do: 'list', path: '/workspace' },
      { do: 'print-file', path: '/workspace/a.txt' },
    ]
    const { stdout } = await outcomeOf(fixture, contractBuilder(fixture, { mounts, steps }))
    expect(stdout).toBe('a.txt\nb\nnew.txt\nchanged')
    expect(readdirSync(mounts[0]?.source ?? '').toSorted()).toEqual(['a.txt', 'b'])
    expect(readFileSync(join(mounts[0]?.source ?? '', 'a.txt'), 'utf8')).toBe('top')
  })

  it('mounts a source whose path has commas and colons', async () => {
    await using fixture = await open()
    const steps: ContractStep[] = [
      { do: 'print-file', path: '/workspace/a.txt' },
      { do: 'try-write', path: '/workspace/a.txt' },
    ]
    const { stdout } = await outcomeOf(fixture, contractBuilder(fixture, { mounts: [view(fixture, 'throw-away', 'odd:na,me')], steps }))
    expect(stdout).toBe('topwritten\n')
  })

  it('mounts inside a mount', async () => {
    await using fixture = await open()
    const outer = view(fixture, 'throw-away')
    const inner: BuilderMount = { source: join(fixture.directory, 'inner'), kind: 'directory', to: '/workspace/b', access: 'read-only' }
    mkdirSync(inner.source)
    writeFileSync(join(inner.source, 'inner.txt'), 'inner')
    const steps: ContractStep[] = [
      { do: 'list', path: '/workspace/b' },
      { do: 'try-write', path: '/workspace/b/inner.txt' },
      { do: 'try-write', path: '/workspace/a.txt' },
    ]
    const { stdout } = await outcomeOf(fixture, contractBuilder(fixture, { mounts: [outer, inner], steps }))
    expect(stdout).toBe('inner.txt\nrefused\nwritten\n')
  })

  it('mounts a single file read-only', async () => {
    await using fixture = await open()
    const source = join(fixture.directory, 'tool')
    writeFileSync(source, 'file')
    const mounts: BuilderMount[] = [{ source, kind: 'file', to: '/opt/tool', access: 'read-only' }]
    const steps: ContractStep[] = [
      { do: 'print-file', path: '/opt/tool' },
      { do: 'try-write', path: '/opt/tool' },
    ]
    expect((await outcomeOf(fixture, contractBuilder(fixture, { mounts, steps }))).stdout).toBe('filerefused\n')
  })
}

function artifactContract(open: OpenFixture): void {
  it('gives files, directories, links and modes as they were left', async () => {
    await using fixture = await open()
    const steps: ContractStep[] = [
      { do: 'directory', path: '/out/bin' },
      { do: 'write', path: '/out/bin/app', text: 'program', executable: true },
      { do: 'write', path: '/out/notes with blanks.txt', text: 'é' },
      { do: 'symlink', path: '/out/latest', target: 'bin/app' },
      { do: 'symlink', path: '/out/escape', target: '/etc/passwd' },
      { do: 'directory', path: '/out/empty' },
    ]
    const { exit } = await observe(fixture, contractBuilder(fixture, { steps }))
    expect(await describeOutputs(exit)).toEqual([
      'directory 755 bin',
      'directory 755 empty',
      'file 644 notes with blanks.txt "é"',
      'file 755 bin/app "program"',
      'symlink escape -> /etc/passwd',
      'symlink latest -> bin/app',
    ])
    await exit[Symbol.asyncDispose]()
  })

  it('gives nothing when nothing was left', async () => {
    await using fixture = await open()
    const { exit } = await observe(fixture, contractBuilder(fixture))
    expect(await describeOutputs(exit)).toEqual([])
    await exit[Symbol.asyncDispose]()
  })

  it('gives what a failed builder left, too', async () => {
    await using fixture = await open()
    const steps: ContractStep[] = [
      { do: 'write', path: '/out/partial', text: 'half' },
      { do: 'exit', code: 3 },
    ]
    const { exit } = await observe(fixture, contractBuilder(fixture, { steps }))
    expect([exit.code, await describeOutputs(exit)]).toEqual([3, ['file 644 partial "half"']])
    await exit[Symbol.asyncDispose]()
  })
}

function cacheContract(open: OpenFixture): void {
  it('keeps a cache between builders and runs, and tells whether it was filled', async () => {
    await using fixture = await open()
    const key = cacheKey(fixture, 'kept')
    const caches = [{ key, to: '/cache' }]
    expect(await fixture.engine.hasCache(key, never)).toEqual({ ok: true, value: false })
    await outcomeOf(fixture, contractBuilder(fixture, { caches, steps: [{ do: 'write', path: '/cache/entry', text: 'kept' }] }))
    expect(await fixture.engine.hasCache(key, never)).toEqual({ ok: true, value: true })
    const second = await outcomeOf(fixture, contractBuilder(fixture, { caches, steps: [{ do: 'print-file', path: '/cache/entry' }] }))
    expect(second.stdout).toBe('kept')
  })

  it('keeps caches of other keys apart', async () => {
    await using fixture = await open()
    const caches = (id: string): { readonly key: CacheKey; readonly to: string }[] => [{ key: cacheKey(fixture, id), to: '/cache' }]
    await outcomeOf(fixture, contractBuilder(fixture, { caches: caches('one'), steps: [{ do: 'write', path: '/cache/entry', text: '1' }] }))
    const other = await outcomeOf(
      fixture,
      contractBuilder(fixture, { caches: caches('two'), steps: [{ do: 'print-file', path: '/cache/entry' }] }),
    )
    expect(other.code).toBe(1)
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

/** A directory with a file and a file in a directory, at /workspace. */
function view(fixture: EngineFixture, access: BuilderMount['access'], name = 'view'): BuilderMount {
  const source = join(fixture.directory, name)
  mkdirSync(join(source, 'b'), { recursive: true })
  writeFileSync(join(source, 'a.txt'), 'top')
  writeFileSync(join(source, 'b/c.txt'), 'deep')
  return { source, kind: 'directory', to: '/workspace', access }
}

/** Unlike that of any other test or run. */
function cacheKey(fixture: EngineFixture, id: string): CacheKey {
  return { workspace: fixture.directory, id, toolchain: fixture.root.identity, platform: fixture.root.platform }
}
