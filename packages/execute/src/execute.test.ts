import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type BuildEvent, digestOf, linuxPlatform, ok, type TargetId } from '@orchestrate/core'
import { type FileTree, type InventoryEntry, takeInventory } from '@orchestrate/fingerprint'
import { buildGraph, selectTargets } from '@orchestrate/graph'
import { plan as makePlan } from '@orchestrate/plan'
import { openStore, type Store } from '@orchestrate/store'
import { type SampleWorkspace, sampleWorkspace, type ScriptedEngine, scriptedEngine } from '@orchestrate/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { execute, type RunResult } from './execute.ts'
import type { ExecuteDeps, ExecuteOptions } from './run.ts'
import type { ReadyToolchain } from './toolchain-port.ts'

const platform = linuxPlatform('x64')
const clock = { now: () => 0, monotonic: () => 0 }

let base: string
let store: Store
let engine: ScriptedEngine

beforeEach(async () => {
  base = mkdtempSync(join(tmpdir(), 'execute-'))
  const opened = await openStore({ root: join(base, 'store'), clock })
  if (!opened.ok) throw new Error(opened.error.message)
  store = opened.value
  engine = scriptedEngine({ fallback: (builder, io) => (io.output('app', builder.id), 0) })
})

afterEach(() => rmSync(base, { recursive: true, force: true }))

const toolchain: ReadyToolchain = {
  identity: digestOf('toolchain'),
  root: {
    identity: digestOf('toolchain'),
    platform,
    env: new Map([['PATH', '/bin']]),
    user: null,
    workdir: null,
    size: 270,
    content: { kind: 'layers', layers: [] },
  },
  certificates: null,
}

interface Applied extends RunResult {
  readonly events: readonly BuildEvent[]
  readonly decisions: readonly string[]
}

/** Plans and executes once, with the engine and store of the test. */
async function apply(
  sample: SampleWorkspace,
  how: { readonly options?: Partial<ExecuteOptions>; readonly deps?: Partial<ExecuteDeps>; readonly tree?: FileTree } = {},
): Promise<Applied> {
  const graph = expectOk(buildGraph(sampleWorkspace({ root: join(base, 'work'), ...sample })))
  const inventory = expectOk(await takeInventory({ graph, tree: how.tree ?? emptyTree }))
  const selection = expectOk(selectTargets(graph, [], '' as never))
  const state = expectOk(await store.workspaceState(base))
  const { history } = state
  const identities = new Map([['go', toolchain.identity]])
  const made = await makePlan(
    { graph, inventory, identities, selection, force: how.options?.force ?? false, platform },
    {
      record: (fingerprint) => store.records.get(fingerprint),
      damaged: async () => null,
      manifest: (fingerprint) => store.blobs.text(fingerprint),
      lastGood: (id) => history.lastGood(id),
      lastFailure: (id) => history.lastFailure(id),
    },
  )
  const events: BuildEvent[] = []
  const never = new AbortController().signal
  const result = await execute(
    { plan: made, options: { jobs: 2, onFailure: 'dependents', force: false, ...how.options } },
    {
      store,
      history,
      damaged: async () => null,
      engine: async () => ok(engine),
      toolchains: { ready: async () => ok(toolchain), timezones: async () => ok(null) },
      emitter: { emit: () => Promise.reject(new Error('no images here')), reopen: async () => null },
      sinks: [],
      platform,
      identities,
      run: { runId: 'run', pid: process.pid, pidStart: '', bootId: '' },
      hostCertificates: null,
      proxyEnvironment: new Map(),
      clock,
      ticker: () => () => {},
      memoryBudget: null,
      emit: (event) => events.push(event),
      showsOutput: true,
      stop: never,
      kill: never,
      ...how.deps,
    },
  )
  return {
    ...result,
    events,
    decisions: result.targets.filter(({ kind }) => kind === 'build').map(({ id, decision, outcome }) => `${id} ${decision} ${outcome}`),
  }
}

const emptyTree: FileTree = {
  kind: 'work-tree',
  list: async () => ok([]),
  resolve: async () => ok(new Map()),
  open: () => {
    throw new Error('no files')
  },
}

function expectOk<T>(result: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown }): T {
  if (!result.ok) throw new Error(JSON.stringify(result.error))
  return result.value
}

const none = { inputs: [] }

describe('execute', () => {
  it('starts by the critical path of past durations', async () => {
    const services = {
      a: { builds: { build: none } },
      b: { builds: { build: none } },
      c: { builds: { build: { ...none, needs: ['b:build/app'] } } },
    }
    const first = await apply({ services }, { options: { jobs: 1 } })
    expect(first.outcome).toBe('succeeded')
    expect(engine.starts.map(({ id }) => id)).toEqual(['b-build', 'a-build', 'c-build'])
  })

  it('runs builders up to the number of jobs and no more', async () => {
    const services = Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map((name) => [name, { builds: { build: none } }]))
    await apply({ services }, { options: { jobs: 3 } })
    expect(engine.peak).toBe(3)
  })

  it('warms a cold cache by one build before the others that use it start', async () => {
    const build = { ...none, caches: { 'go-build': '/root/.cache/go-build' } }
    const gate = engine.hold('a-build')
    const running = apply(
      { services: { a: { builds: { build } }, b: { builds: { build } }, c: { builds: { build } } } },
      { options: { jobs: 3 } },
    )
    await gate.reached
    expect(engine.starts.map(({ id }) => id)).toEqual(['a-build'])
    gate.open()
    await running
    expect(engine.starts.map(({ id }) => id)).toEqual(['a-build', 'b-build', 'c-build'])
  })

  it('answers a second run from the records, without starting anything', async () => {
    const services = { a: { builds: { build: none } } }
    await apply({ services })
    const second = await apply({ services })
    expect([second.decisions, engine.starts.length]).toEqual([['a:build current succeeded'], 1])
  })

  it('stops the wave when a rebuild gives the same artifact', async () => {
    const services = (command: string) => ({
      a: { builds: { build: { ...none, command: { kind: 'run' as const, steps: [command] } } } },
      b: { builds: { build: { ...none, needs: ['a:build/app'] } } },
    })
    await apply({ services: services('one') })
    const second = await apply({ services: services('two') })
    expect(second.decisions).toEqual(['a:build build succeeded', 'b:build current succeeded'])
    expect(engine.starts.map(({ id }) => id)).toEqual(['a-build', 'b-build', 'a-build'])
  })

  it('records nothing of a build whose engine was lost, whose outputs were cut, or that ran out of memory', async () => {
    for (const misbehaviour of ['lost', 'outputs-cut', 'out-of-memory'] as const) {
      engine.misbehave('a-build', misbehaviour)
      const run = await apply({ services: { a: { builds: { build: none } } } })
      expect([misbehaviour, run.outcome, run.decisions]).toEqual([misbehaviour, 'failed', ['a:build build failed']])
    }
  })

  it('lists what was there when an output is missing', async () => {
    engine.program('a-build', (_builder, io) => (io.output('other/file', ''), 0))
    const run = await apply({ services: { a: { builds: { build: none } } } })
    expect(run.targets.find(({ kind }) => kind === 'build')?.trouble).toMatchObject({
      id: 'build/output-missing',
      message: 'the output "app" was not there after the command had succeeded',
      details: ['/out held:', '  other', '  other/file'],
    })
  })

  it('ends a builder that misses a deadline, names it, and keeps nothing of it', async () => {
    let now = 0
    let look = (): void => {}
    engine.program('api-build', async (_, io) => {
      io.output('app', 'half')
      io.stdout('working\n')
      for (let tick = 0; tick < 8; tick++) {
        now += 250
        look()
      }
      expect(io.stop.aborted).toBe(true)
      return 0
    })
    const limits = { cpus: null, memory: null, timeout: null, silence: { text: '2s', milliseconds: 2000 } }
    const steered = {
      clock: { now: () => 0, monotonic: () => now },
      ticker: (_: number, call: () => void) => {
        look = call
        return () => {}
      },
    }
    const services = { api: { builds: { build: { ...none, limits } } } }
    const { targets, decisions } = await apply({ services }, { deps: steered })
    expect(decisions).toEqual(['api:build build failed'])
    expect(targets.find(({ id }) => id === 'api:build')?.trouble).toMatchObject({
      id: 'build/timed-out',
      message: 'the command wrote nothing for 2s, its "silence" timeout',
    })
    engine.program('api-build', (_, io) => (io.output('app', 'whole'), 0))
    expect((await apply({ services })).decisions).toEqual(['api:build build succeeded'])
  })

  it('hands limits to the engine, and they change no fingerprint', async () => {
    const bounded = { cpus: 1.5, memory: 2 ** 30, timeout: null, silence: null }
    const service = (limits: typeof bounded | undefined) => ({
      services: { api: { builds: { build: { ...none, ...(limits === undefined ? {} : { limits }) } } } },
    })
    const first = await apply(service(bounded), { deps: { memoryBudget: 2 ** 20 } })
    expect(engine.starts[0]?.limits).toMatchObject({ cpus: 1.5, memory: 2 ** 30 })
    expect(first.events.filter(({ type }) => type === 'notice')).toMatchObject([{ id: 'build/runs-alone' }])
    expect((await apply(service(undefined))).decisions).toEqual(['api:build current succeeded'])
  })

  it('starts nothing more after a failure with "stop", and skips only dependents without it', async () => {
    engine.program('a-build', () => 1)
    const services = {
      a: { builds: { build: none } },
      b: { builds: { build: { ...none, needs: ['a:build/app'] } } },
      c: { builds: { build: none } },
    }
    const stopped = await apply({ services }, { options: { jobs: 1, onFailure: 'stop' } })
    expect([...stopped.decisions].toSorted()).toEqual(['a:build build failed', 'b:build build skipped', 'c:build build skipped'])
    const went = await apply({ services }, { options: { jobs: 1 } })
    expect([...went.decisions].toSorted()).toEqual(['a:build build failed', 'b:build build skipped', 'c:build build succeeded'])
  })

  it('asks running builders to end when it is stopped, and keeps what is finished', async () => {
    const stop = new AbortController()
    engine.program('b-build', (_builder, io) => io.ended)
    const running = apply(
      {
        services: {
          a: { builds: { build: none } },
          b: { builds: { build: none } },
          c: { builds: { build: { ...none, needs: ['b:build/app'] } } },
        },
      },
      { deps: { stop: stop.signal } },
    )
    await engine.started(2)
    stop.abort()
    const run = await running
    expect([run.outcome, run.decisions.includes('b:build build cancelled'), run.decisions.includes('c:build build skipped')]).toEqual([
      'cancelled',
      true,
      true,
    ])
  })

  it('plans a target again when an input changed between planning and reading, and builds what is there now', async () => {
    const file = join(base, 'work/services/a/main.txt')
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, 'new')
    const path = 'services/a/main.txt' as InventoryEntry['path']
    const entry = (text: string): InventoryEntry => ({ path, mode: 'file', digest: digestOf(text), size: text.length })
    let asked = 0
    const tree: FileTree = {
      ...emptyTree,
      list: async () => ok([path]),
      resolve: async (paths) => ok(new Map(paths.map((name) => [name, entry(asked++ === 0 ? 'old' : 'new')]))),
    }
    const pattern = { glob: '**', fromRoot: false, excludes: false, optional: true, span: { file: 'builder.yaml', offset: 0, length: 0 } }
    const inputs = [{ base: 'services/a' as never, library: null, patterns: [pattern] }]
    const run = await apply({ services: { a: { builds: { build: { inputs } } } } }, { tree })
    expect(run.decisions).toEqual(['a:build build succeeded'])
    expect(run.events.filter((event) => event.type === 'notice').map((event) => event.id)).toEqual(['inputs/changed'])
  })

  it('orders facts per target: started before finished, the run around them', async () => {
    const run = await apply({ services: { a: { builds: { build: none } } } })
    const target = 'a:build' as TargetId
    expect(
      run.events.map((event) =>
        event.type === 'target-finished'
          ? `finished ${event.summary.id}`
          : event.type === 'target-started'
            ? `started ${event.target}`
            : event.type,
      ),
    ).toEqual(['run-started', `started ${target}`, `finished ${target}`, 'run-finished'])
  })
})
