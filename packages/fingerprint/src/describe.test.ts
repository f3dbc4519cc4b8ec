import { type Digest, digestOf, type Platform, type WorkspacePath } from '@orchestrate/core'
import { buildGraph, type BuildTarget, type ImageTarget } from '@orchestrate/graph'
import { type SampleService, type SampleWorkspace, sampleWorkspace } from '@orchestrate/testkit'
import { describe, expect, it } from 'vitest'
import { describeBuild } from './describe-build.ts'
import { describeImage } from './describe-image.ts'
import { fingerprintOf } from './fingerprint.ts'
import type { Ingredients, NeedContents } from './ingredients.ts'
import type { InventoryEntry } from './inventory.ts'
import { prepareDigests } from './manifest.ts'
import { recipeOf, toolchainRecipe } from './recipe.ts'

const AMD64: Platform = { os: 'linux', architecture: 'amd64', variant: null }

describe('the manifest of a build', () => {
  it('lists every ingredient, needs by content', () => {
    const ingredients = describeSampleBuild({
      builds: {
        gen: { outputs: ['client'] },
        build: { needs: ['gen/client/v1'], env: { B: '2' }, caches: { 'go-build': '/root/.cache/go-build' }, user: '1000' },
      },
    })
    const fingerprinted = fingerprintOf(ingredients, CONTENTS)
    expect(JSON.parse(fingerprinted?.manifest ?? '')).toEqual({
      schema: 'orchestrate/fingerprint/1',
      kind: 'build',
      facts: {
        caches: { 'go-build': '/root/.cache/go-build' },
        command: { run: ['make'] },
        env: {
          B: '2',
          HOME: '/root',
          LANG: 'C.UTF-8',
          SOURCE_DATE_EPOCH: '315619200',
          TARGETARCH: 'amd64',
          TARGETOS: 'linux',
          TARGETPLATFORM: 'linux/amd64',
          TARGETVARIANT: '',
          TZ: 'UTC',
        },
        network: 'off',
        outputs: ['app'],
        platform: 'linux/amd64',
        source: { directory: 'services/web', moved: false, writable: false },
        user: '1000',
        workdir: '/workspace/services/web',
      },
      inputs: [
        ['services/web/a.go', 'file', digestOf('a')],
        ['services/web/run.sh', 'executable', digestOf('b')],
      ],
      needs: [
        { kind: 'toolchain', at: 'builder', content: digestOf('toolchain:go') },
        { kind: 'artifact', at: { to: '/workspace/services/web/v1', writable: false }, within: 'v1', content: digestOf('web:gen client') },
      ],
    })
    expect(fingerprinted?.fingerprint).toBe(digestOf(fingerprinted?.manifest ?? ''))
  })

  it('is canonical: its members are in code-unit order', () => {
    const { manifest } = fingerprintOf(describeSampleBuild({ builds: { build: {} } }), CONTENTS) ?? { manifest: '' }
    expect(manifest).toBe(JSON.stringify(sortMembers(JSON.parse(manifest))))
  })

  it('has no fingerprint while a need is not known, but always a recipe', () => {
    const ingredients = describeSampleBuild({ builds: { gen: {}, build: { needs: ['gen/app'] } } })
    expect(fingerprintOf(ingredients, { ...CONTENTS, artifact: () => null })).toBeNull()
    expect(recipeOf(ingredients, (target) => digestOf(target))).toMatch(/^sha256:/)
  })

  it('gives the same digests prepared as one by one', () => {
    const ingredients = describeSampleBuild({ builds: { gen: {}, build: { needs: ['gen/app'] } } })
    const prepared = prepareDigests(ingredients)
    expect(prepared.fingerprint(CONTENTS)).toBe(fingerprintOf(ingredients, CONTENTS)?.fingerprint)
    expect(prepared.recipe((target) => digestOf(target))).toBe(recipeOf(ingredients, (target) => digestOf(target)))
  })

  it('does not know names, the workspace, or the order of needs', () => {
    const two: SampleService = { builds: { gen: { outputs: ['x', 'y'] }, build: { needs: ['gen/x', 'gen/y'] } } }
    const swapped: SampleService = { builds: { gen: { outputs: ['x', 'y'] }, build: { needs: ['gen/y', 'gen/x'] } } }
    const elsewhere = describeSampleBuild(swapped, { name: 'other', root: '/elsewhere', service: 'renamed', dir: 'services/web' })
    const contents: NeedContents = { ...CONTENTS, artifact: (_, output) => digestOf(output) }
    expect(fingerprintOf(elsewhere, contents)?.fingerprint).toBe(fingerprintOf(describeSampleBuild(two), contents)?.fingerprint)
  })

  it('lets the build replace the toolchain, and the toolchain what every builder has', () => {
    const env = {
      toolchains: {
        go: {
          env: new Map([
            ['TZ', 'CET'],
            ['A', 'toolchain'],
          ]),
        },
      },
    } // prettier-ignore
    const { facts } = describeSampleBuild({ builds: { build: { env: { A: 'build' } } } }, env)
    expect(facts['env']).toMatchObject({ TZ: 'CET', A: 'build' })
  })
})

describe('the manifest of an image', () => {
  it('lists every ingredient', () => {
    const ingredients = describeSampleImage({
      builds: { build: {} },
      image: {
        from: 'go',
        caCertificates: true,
        files: [
          'build/app',
          {
            kind: 'artifact',
            artifact: { service: 'web', build: 'build', path: 'app' },
            to: '/bin/',
            mode: 0o755,
            owner: { uid: 1, gid: 2 },
          },
          { kind: 'source', path: 'services/web/static' as WorkspacePath, to: '/srv', mode: null, owner: null },
          { kind: 'content', content: 'hello\n', to: '/etc/motd', mode: null, owner: null },
        ],
        labels: new Map([['a', 'b']]),
        entrypoint: ['/app'],
      },
    })
    expect(JSON.parse(fingerprintOf(ingredients, CONTENTS)?.manifest ?? '')).toEqual({
      schema: 'orchestrate/fingerprint/1',
      kind: 'image',
      facts: {
        annotations: {},
        caCertificates: true,
        cmd: null,
        created: 315619200,
        entrypoint: ['/app'],
        env: {},
        files: [
          { kind: 'artifact', to: '/app', mode: null, owner: null, name: null },
          { kind: 'artifact', to: '/bin/', mode: 0o755, owner: { uid: 1, gid: 2 }, name: 'app' },
          { kind: 'source', to: '/srv', mode: null, owner: null, path: 'services/web/static' },
          { kind: 'content', to: '/etc/motd', mode: null, owner: null, content: 'hello\n' },
        ],
        labels: { a: 'b' },
        platform: 'linux/amd64',
        ports: [],
        user: null,
        workdir: null,
      },
      inputs: INPUTS.map(({ path, mode, digest }) => [path, mode, digest]),
      needs: [
        { kind: 'toolchain', at: 'base', content: digestOf('toolchain:go') },
        { kind: 'toolchain', at: 'certificates', content: digestOf('toolchain:go') },
        { kind: 'artifact', at: { file: 0 }, within: '', content: digestOf('web:build app') },
        { kind: 'artifact', at: { file: 1 }, within: '', content: digestOf('web:build app') },
      ],
    })
  })

  it('does not know where the image goes, its gates, or its size limit', () => {
    const image = { files: ['build/app'] }
    const builds = { build: {}, test: { outputs: [] } }
    const more = { ...image, tags: ['v2'], repository: 'ghcr.io/acme/web', gates: ['test'], maxSize: 1 }
    expect(imageFingerprint({ builds, image: more })).toBe(imageFingerprint({ builds, image }))
  })
})

describe('the recipe of a toolchain', () => {
  const [toolchain] = sampleWorkspace({ services: {} }).toolchains.values()
  if (toolchain === undefined) throw new Error('no toolchain')

  it('is its identity when it is locked', () => {
    expect(toolchainRecipe(toolchain, digestOf('identity'), [])).toBe(digestOf('identity'))
  })

  it('is what its root file system comes from when it is not', () => {
    const other = { ...toolchain, source: { kind: 'image', reference: 'other' } as const }
    const renamed = { ...toolchain, name: 'golang', env: new Map([['A', 'b']]) }
    expect(toolchainRecipe(other, null, [])).not.toBe(toolchainRecipe(toolchain, null, []))
    expect(toolchainRecipe(toolchain, null, INPUTS)).not.toBe(toolchainRecipe(toolchain, null, []))
    expect(toolchainRecipe(renamed, null, [])).toBe(toolchainRecipe(toolchain, null, []))
  })
})

const INPUTS: readonly InventoryEntry[] = [
  { path: 'services/web/a.go' as WorkspacePath, mode: 'file', digest: digestOf('a'), size: 1 },
  { path: 'services/web/run.sh' as WorkspacePath, mode: 'executable', digest: digestOf('b'), size: 1 },
]

const CONTENTS: NeedContents = {
  artifact: (target, output) => digestOf(`${target} ${output}`),
  toolchain: (target) => digestOf(target),
  image: (target) => digestOf(target),
}

type Where = Partial<SampleWorkspace> & { readonly service?: string; readonly dir?: string }

function describeSampleBuild(service: SampleService, where: Where = {}): Ingredients {
  const target = sampleTarget(service, where, 'build')
  const toolchain = where.toolchains?.['go']
  return describeBuild(target, {
    inputs: INPUTS,
    toolchain: {
      name: 'go',
      span: target.build.span,
      source: { kind: 'image', reference: 'go' },
      env: new Map(),
      caches: new Map(),
      ...toolchain,
    },
    platform: AMD64,
  })
}

function describeSampleImage(service: SampleService): Ingredients {
  return describeImage(sampleTarget(service, {}, 'image'), { inputs: INPUTS, platform: AMD64 })
}

function imageFingerprint(service: SampleService): Digest | undefined {
  return fingerprintOf(describeSampleImage(service), CONTENTS)?.fingerprint
}

function sampleTarget(service: SampleService, where: Where, kind: 'build'): BuildTarget
function sampleTarget(service: SampleService, where: Where, kind: 'image'): ImageTarget
function sampleTarget(service: SampleService, where: Where, kind: 'build' | 'image'): BuildTarget | ImageTarget {
  const name = where.service ?? 'web'
  const declared = where.dir === undefined ? service : { ...service, dir: where.dir }
  const graph = buildGraph(sampleWorkspace({ ...where, services: { [name]: declared } }))
  if (!graph.ok) throw new Error(JSON.stringify(graph.error))
  const target = [...graph.value.targets.values()].find(({ id }) => id === `${name}:${kind}`)
  if (target === undefined || target.kind === 'toolchain') throw new Error(`no ${kind}`)
  return target
}

function sortMembers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortMembers)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(members.map(([key, member]) => [key, sortMembers(member)]))
}
