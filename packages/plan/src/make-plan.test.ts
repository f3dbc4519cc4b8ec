import type { Digest, DecisionKind, Reason, TargetId } from '@orchestrate/core'
import { buildGraph, selectTargets } from '@orchestrate/graph'
import { identityOf, sampleInventory, SampleResults, type SampleService, sampleWorkspace, type SampleWorkspace } from '@orchestrate/testkit'
import { describe, expect, it } from 'vitest'
import { plan } from './make-plan.ts'
import type { Plan } from './plan.ts'

describe('decisions', () => {
  it('builds everything at first, and nothing the second time', async () => {
    const { results, shop } = setUp()
    const first = await shop()
    expect(decisions(first)).toEqual({
      'toolchain:go': 'current',
      'api:gen': 'build',
      'web:test': 'build',
      'web:bundle': 'build',
      'web:image': 'emit',
    })
    expect(reasons(first)).toEqual({
      'toolchain:go': [],
      'api:gen': ['never-built'],
      'web:test': ['never-built'],
      'web:bundle': ['never-built', 'need-acts api:gen'],
      'web:image': ['never-built', 'need-acts web:bundle', 'gate-pending web:test'],
    })
    results.apply(first)
    const second = await shop()
    expect(second.summary).toEqual({ build: 0, restore: 0, emit: 0, current: 5, blocked: 0 })
    expect([...second.targets.values()].map((target) => target.record?.kind)).toEqual([undefined, 'build', 'build', 'build', 'image'])
  })

  it('acts on what changed and on what depends on it, which may stop there', async () => {
    const { results, shop } = setUp()
    results.apply(await shop())
    const changed = await shop({ files: { 'api:gen': { 'services/api/api.proto': 'v2' } } })
    expect(reasons(changed)).toEqual({
      'toolchain:go': [],
      'api:gen': ['input-changed services/api/api.proto'],
      'web:test': [],
      'web:bundle': ['need-acts api:gen'],
      'web:image': ['need-acts web:bundle'],
    })
    expect(mayStop(changed)).toEqual(['web:bundle', 'web:image'])
    expect(changed.targets.get(id('web:bundle'))?.fingerprint).toBeNull()
    expect(changed.targets.get(id('web:bundle'))?.estimatedSeconds).toBe(1.5)
  })

  it('finds everything current again after a rebuild to the same artifact', async () => {
    const { results, shop } = setUp()
    results.contents.set('api:gen', 'always the same')
    results.apply(await shop())
    const files = { 'api:gen': { 'services/api/api.proto': 'only a comment' } }
    results.apply({ ...(await shop({ files })), targets: pick(await shop({ files }), ['toolchain:go', 'api:gen']) })
    expect((await shop({ files })).summary.current).toBe(5)
  })

  it('keeps recipes where fingerprints are not known, and changes those of all dependents', async () => {
    const { shop } = setUp()
    const before = await shop()
    const after = await shop({ files: { 'api:gen': { 'services/api/api.proto': 'v2' } } })
    const changed = [...after.targets.values()].filter((target) => target.recipe !== before.targets.get(target.id)?.recipe)
    expect(changed.map((target) => target.id)).toEqual(['api:gen', 'web:bundle', 'web:image'])
  })

  it('selects with all dependencies', async () => {
    const { shop } = setUp()
    expect([...(await shop({ selectors: ['api'] })).targets.keys()]).toEqual(['toolchain:go', 'api:gen'])
  })

  it('forces builds and images, but no toolchain', async () => {
    const { results, shop } = setUp()
    results.apply(await shop())
    const forced = await shop({ force: true })
    expect(reasons(forced)).toEqual({
      'toolchain:go': [],
      'api:gen': ['forced'],
      'web:test': ['forced'],
      'web:bundle': ['forced', 'need-acts api:gen'],
      'web:image': ['forced', 'need-acts web:bundle', 'gate-pending web:test'],
    })
    expect(mayStop(forced)).toEqual([])
  })

  it('is the same whatever order answers come in', async () => {
    const { results, shop } = setUp()
    const first = await shop()
    const slow = { ...lookupsOf(results), record: async (): Promise<null> => new Promise((resolve) => setImmediate(() => resolve(null))) }
    expect((await shop({ lookups: slow })).targets).toEqual(first.targets)
  })

  it('asks for no record of a target whose needs are not known, nor of an unused toolchain', async () => {
    const { results, shop } = setUp({ toolchains: { go: { source: DEBIAN } } })
    const first = await shop()
    const work = [...first.targets.values()].filter((target) => target.kind !== 'toolchain')
    const known = work.flatMap((target) => target.fingerprint ?? [])
    expect(results.asked.toSorted()).toEqual([...known, identityOf('toolchain:go')].toSorted()) // prettier-ignore
    results.apply(first)
    results.asked.splice(0)
    await shop()
    expect(results.asked).not.toContain(identityOf('toolchain:go'))
  })
})

describe('reasons', () => {
  it('name files that changed, came and went', async () => {
    const { results, shop } = setUp()
    results.apply(await shop({ files: { 'api:gen': { a: '1', b: '1', c: '1' } } }))
    const changed = await shop({ files: { 'api:gen': { b: '2', c: '1', d: '1' } } })
    expect(reasons(changed)['api:gen']).toEqual(['input-changed b', 'input-added d', 'input-removed a'])
  })

  it('name variables, then the definition', async () => {
    const { results, shop } = setUp({}, { env: { A: '1', B: '1' } })
    results.apply(await shop())
    const other = setUp({}, { env: { B: '2', C: '1' }, network: 'on', command: { kind: 'exec', argv: ['make'] } })
    const changed = await other.shop({ lookups: results })
    expect(reasons(changed)['api:gen']).toEqual([
      'env-changed B',
      'env-added C',
      'env-removed A',
      'definition-changed command',
      'definition-changed network',
    ])
  })

  it('name a toolchain with another identity', async () => {
    const { results, shop } = setUp()
    results.apply(await shop())
    const changed = await shop({ identities: { go: identityOf('go 2') } })
    expect(reasons(changed)['api:gen']).toEqual(['toolchain-changed go'])
    expect(reasons(changed)['web:bundle']).toEqual(['toolchain-changed go', 'need-acts api:gen'])
  })

  it('name a need whose artifact changed', async () => {
    const { results, shop } = setUp()
    results.apply(await shop())
    const files = { 'api:gen': { 'services/api/api.proto': 'v2' } }
    const changed = await shop({ files })
    results.apply({ ...changed, targets: pick(changed, ['toolchain:go', 'api:gen']) })
    expect(reasons(await shop({ files }))['web:bundle']).toEqual(['need-changed api:gen/app'])
  })

  it('name facts of an image', async () => {
    const { results, shop } = setUp()
    results.apply(await shop())
    const other = setUp({}, {}, { labels: new Map([['a', 'b']]), env: new Map([['PORT', '1']]) })
    expect(reasons(await other.shop({ lookups: results }))['web:image']).toEqual(['env-added PORT', 'definition-changed labels'])
  })

  it('say that a record or an artifact is gone', async () => {
    const { results, shop } = setUp()
    const first = await shop()
    results.apply(first)
    const test = first.targets.get(id('web:test'))?.fingerprint
    if (test === null || test === undefined) throw new Error('no fingerprint')
    results.records.delete(test)
    const bundle = results.good.get(id('web:bundle'))
    const record = bundle && results.records.get(bundle.fingerprint)
    const tree = record?.kind === 'build' ? record.artifacts[0]?.tree : undefined
    if (tree === undefined) throw new Error('no artifact')
    results.lost.add(tree)
    const next = await shop()
    expect(reasons(next)).toEqual({
      'toolchain:go': [],
      'api:gen': [],
      'web:test': ['record-missing'],
      'web:bundle': [`artifact-damaged ${tree}`],
      'web:image': ['need-acts web:bundle', 'gate-pending web:test'],
    })
  })

  it('do not invent a change when the old manifest is gone or of another version', async () => {
    const { results, shop } = setUp()
    results.apply(await shop())
    const files = { 'api:gen': { 'services/api/api.proto': 'v2' } }
    results.manifests.clear()
    expect(reasons(await shop({ files }))['api:gen']).toEqual(['record-missing'])
    for (const { fingerprint } of results.good.values()) results.manifests.set(fingerprint, '{"schema":"orchestrate/fingerprint/0"}')
    expect(reasons(await shop({ files }))['api:gen']).toEqual(['record-missing'])
  })

  it('say that the last run failed', async () => {
    const { results, shop } = setUp()
    results.apply(await shop())
    const files = { 'api:gen': { 'services/api/api.proto': 'broken' } }
    results.apply(await shop({ files }), ['api:gen'])
    expect(reasons(await shop({ files }))['api:gen']).toEqual(['input-changed services/api/api.proto', 'last-run-failed'])
  })

  it('say that the last run failed before that there was no other', async () => {
    const { results, shop } = setUp()
    results.apply(await shop(), ['api:gen'])
    expect(reasons(await shop())['api:gen']).toEqual(['last-run-failed', 'never-built'])
  })
})

describe('gates', () => {
  it('block an image whose check failed at its present fingerprint', async () => {
    const { results, shop } = setUp()
    results.apply(await shop(), ['web:test'])
    const next = await shop()
    expect(decisions(next)).toMatchObject({ 'web:test': 'build', 'web:bundle': 'current', 'web:image': 'blocked' })
    expect(reasons(next)['web:image']).toEqual(['gate-failed web:test', 'never-built'])
    expect(next.summary).toEqual({ build: 1, restore: 0, emit: 0, current: 3, blocked: 1 })
  })

  it('let an image wait for a check that changed since it failed', async () => {
    const { results, shop } = setUp()
    results.apply(await shop(), ['web:test'])
    const next = await shop({ files: { 'web:test': { 'services/web/test.js': 'fixed' } } })
    expect(reasons(next)['web:image']).toEqual(['never-built', 'gate-pending web:test'])
    expect(decisions(next)['web:image']).toBe('emit')
  })

  it('emit a current image again whose check has yet to run', async () => {
    const { results, shop } = setUp()
    results.apply(await shop())
    const next = await shop({ files: { 'web:test': { 'services/web/test.js': 'more' } } })
    const image = next.targets.get(id('web:image'))
    expect(image).toMatchObject({ decision: 'emit', reasons: [{ kind: 'gate-pending', target: 'web:test' }], mayStop: false })
    expect(image?.fingerprint).not.toBeNull()
  })
})

describe('image size', () => {
  it('judges a stored image again when its limit was lowered', async () => {
    const { results, shop } = setUp()
    results.apply(await shop())
    expect(reasons(await setUp({}, {}, { maxSize: 1200 }).shop({ lookups: results }))['web:image']).toEqual([])
    expect(reasons(await setUp({}, {}, { maxSize: 1199 }).shop({ lookups: results }))['web:image']).toEqual(['definition-changed maxSize'])
  })
})

describe('toolchains', () => {
  it('without an identity act first, and nothing is known of what uses them', async () => {
    const { results, shop } = setUp()
    const first = await shop({ identities: {} })
    expect(reasons(first)).toMatchObject({ 'toolchain:go': ['never-built'], 'api:gen': ['never-built', 'need-acts toolchain:go'] })
    expect(mayStop(first)).toEqual(['api:gen', 'web:test', 'web:bundle', 'web:image'])
    results.apply(first)
    expect((await shop({ identities: { go: identityOf('toolchain:go') } })).summary.current).toBe(5)
  })

  it('are made ready when something needs a root file system that the store lacks', async () => {
    const { results, shop } = setUp({ toolchains: { go: { source: DEBIAN } } })
    const first = await shop()
    expect(reasons(first)['toolchain:go']).toEqual(['toolchain-missing go'])
    results.apply(first)
    const files = { 'api:gen': { 'services/api/api.proto': 'v2' } }
    expect(reasons(await shop({ files }))['toolchain:go']).toEqual([])
    const record = results.records.get(identityOf('toolchain:go'))
    const layer = record?.kind === 'toolchain' ? record.layers[0]?.diffId : undefined
    if (layer === undefined) throw new Error('no layer')
    results.lost.add(layer)
    expect(reasons(await shop({ files }))['toolchain:go']).toEqual([`artifact-damaged ${layer}`])
    expect(decisions(await shop())['toolchain:go']).toBe('current')
  })

  it('of an engine count as there once they are locked', async () => {
    const { shop } = setUp()
    expect(decisions(await shop())['toolchain:go']).toBe('current')
  })
})

describe('large plans', () => {
  it('are made of 20,000 builds that need each other in a chain', async () => {
    const builds = Array.from({ length: 20_000 }, (_, index) => [`b${index}`, index === 0 ? {} : { needs: [`b${index - 1}/app`] }] as const)
    const graph = buildGraph(sampleWorkspace({ services: { a: { builds: Object.fromEntries(builds) } } }))
    if (!graph.ok) throw new Error('no graph')
    const made = await plan(
      {
        graph: graph.value,
        inventory: sampleInventory({}),
        identities: new Map([['go', identityOf('toolchain:go')]]),
        selection: new Set([id('a:b19999')]),
        force: false,
        platform: PLATFORM,
      },
      new SampleResults(),
    )
    expect(made.summary).toEqual({ build: 20_000, restore: 0, emit: 0, current: 1, blocked: 0 })
  })
})

const PLATFORM = { os: 'linux', architecture: 'amd64', variant: null }
const DEBIAN = { kind: 'debian', suite: 'trixie', packages: [], mirror: null, snapshot: null } as const

interface Run {
  readonly files?: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly identities?: Readonly<Record<string, Digest>>
  readonly selectors?: readonly string[]
  readonly force?: boolean
  readonly lookups?: SampleResults | ReturnType<typeof lookupsOf>
}

/** api:gen is needed by web:bundle, which web:image ships behind the gate web:test. */
function setUp(
  workspace: Partial<SampleWorkspace> = {},
  gen: NonNullable<SampleService['builds']>[string] = {},
  image: SampleService['image'] = {},
): { readonly results: SampleResults; readonly shop: (run?: Run) => Promise<Plan> } {
  const services = {
    api: { builds: { gen } },
    web: {
      builds: { bundle: { needs: ['api:gen/app'] }, test: { outputs: [] } },
      image: { files: ['bundle/app'], gates: ['test'], ...image },
    },
  }
  const results = new SampleResults()
  const graph = buildGraph(sampleWorkspace({ services, ...workspace }))
  if (!graph.ok) throw new Error(JSON.stringify(graph.error))
  const shop = (run: Run = {}): Promise<Plan> => {
    const selection = selectTargets(graph.value, run.selectors ?? [], '' as never)
    if (!selection.ok) throw new Error(JSON.stringify(selection.error))
    return plan(
      {
        graph: graph.value,
        inventory: sampleInventory({ 'api:gen': { 'services/api/api.proto': 'v1' }, ...run.files }),
        identities: new Map(Object.entries(run.identities ?? { go: identityOf('toolchain:go') })),
        selection: selection.value,
        force: run.force ?? false,
        platform: PLATFORM,
      },
      run.lookups ?? results,
    )
  }
  return { results, shop }
}

function lookupsOf(results: SampleResults): Pick<SampleResults, 'record' | 'damaged' | 'manifest' | 'lastGood' | 'lastFailure'> {
  return {
    record: (fingerprint) => results.record(fingerprint),
    damaged: (record) => results.damaged(record),
    manifest: (fingerprint) => results.manifest(fingerprint),
    lastGood: (target) => results.lastGood(target),
    lastFailure: (target) => results.lastFailure(target),
  }
}

function id(text: string): TargetId {
  return text as TargetId
}

function pick(from: Plan, ids: readonly string[]): Plan['targets'] {
  return new Map([...from.targets].filter(([key]) => ids.includes(key)))
}

function decisions(from: Plan): Readonly<Record<string, DecisionKind>> {
  return Object.fromEntries([...from.targets.values()].map((target) => [target.id, target.decision]))
}

function mayStop(from: Plan): readonly string[] {
  return [...from.targets.values()].filter((target) => target.mayStop).map((target) => target.id)
}

function reasons(from: Plan): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries([...from.targets.values()].map((target) => [target.id, target.reasons.map(formatReason)]))
}

function formatReason(reason: Reason): string {
  return Object.values(reason).join(' ')
}
