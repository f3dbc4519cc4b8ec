import type { Image, Workspace } from '@orchestrate/config'
import { type Diagnostic, imageTargetId, positionAt } from '@orchestrate/core'
import { type SampleWorkspace, sampleWorkspace } from '@orchestrate/testkit'
import { describe, expect, it } from 'vitest'
import { buildGraph } from './build-graph-from-workspace.ts'
import type { BuildGraph } from './build-graph.ts'

describe('buildGraph', () => {
  it('orders targets dependencies first, in waves by id', () => {
    const graph = graphOf({
      services: {
        web: { builds: { deps: {}, bundle: { needs: ['deps/app', 'api:gen/app'] } }, image: { files: ['bundle/app'] } },
        api: { builds: { gen: {} } },
      },
    })
    expect([...graph.targets.keys()]).toEqual(['toolchain:go', 'api:gen', 'web:deps', 'web:bundle', 'web:image'])
  })

  it('gives the same order whatever the order of declaration', () => {
    const services = { b: { builds: { x: {} } }, a: { builds: { x: { needs: ['b:x/app'] } } }, c: { builds: { x: {} } } }
    const reversed = Object.fromEntries(Object.entries(services).toReversed())
    expect([...graphOf({ services }).targets.keys()]).toEqual([...graphOf({ services: reversed }).targets.keys()])
  })

  it('makes an edge for toolchain, needs, files, gates, base and certificates, once each, in both directions', () => {
    const graph = graphOf({
      toolchains: { c: {}, go: {} },
      services: {
        web: {
          builds: { build: { outputs: ['app', 'data'] }, test: { outputs: [], needs: ['build/app', 'build/data'] } },
          image: { from: 'c', files: ['build/app', 'build/data'], gates: ['test'], caCertificates: true },
        },
      },
    })
    expect(Object.fromEntries(graph.dependencies)).toEqual({
      'toolchain:c': [],
      'toolchain:go': [],
      'web:build': ['toolchain:go'],
      'web:test': ['toolchain:go', 'web:build'],
      'web:image': ['toolchain:c', 'toolchain:go', 'web:build', 'web:test'],
    })
    expect(Object.fromEntries(graph.dependents)).toEqual({
      'toolchain:c': ['web:image'],
      'toolchain:go': ['web:build', 'web:image', 'web:test'],
      'web:build': ['web:image', 'web:test'],
      'web:test': ['web:image'],
      'web:image': [],
    })
  })

  it('resolves a path inside an output to the innermost output', () => {
    const graph = graphOf({
      services: {
        gen: { builds: { all: { outputs: ['client', 'client/go', 'x'] } } },
        web: { builds: { build: { needs: ['gen:all/client/go/v1/api.go', 'gen:all/client/ts', 'gen:all/client'] } } },
      },
    })
    const build = graph.targets.get('web:build' as never)
    expect(build?.kind === 'build' && build.needs).toEqual([
      { target: 'gen:all', output: 'client/go', within: 'v1/api.go' },
      { target: 'gen:all', output: 'client', within: 'ts' },
      { target: 'gen:all', output: 'client', within: '' },
    ])
  })

  it('takes certificates from the toolchain of the first artifact, else from the base', () => {
    const graph = graphOf({
      toolchains: { c: {}, go: {} },
      services: {
        a: { builds: { build: {} }, image: { from: 'c', files: ['build/app'], caCertificates: true } },
        b: { image: { from: 'c', caCertificates: true } },
        c: { image: { from: 'c' } },
      },
    })
    expect([...graph.targets.values()].flatMap((target) => (target.kind === 'image' ? [target.certificates] : []))).toEqual([
      'toolchain:c',
      null,
      'toolchain:go',
    ])
  })

  it('makes an edge to the image that an image is based on, which may give it certificates and time zones', () => {
    const graph = graphOf({
      toolchains: { c: {}, go: {} },
      services: {
        a: { image: { from: baseImage('b'), caCertificates: true, timezones: true } },
        b: { image: { from: baseImage('c'), timezones: true } },
        c: { image: { from: 'c' } },
        d: { builds: { build: {} }, image: { files: ['build/app'], timezones: true } },
      },
    })
    const images = [...graph.targets.values()].flatMap((target) => (target.kind === 'image' ? [target] : []))
    expect(images.map(({ id, base, certificates, timezones }) => [id, base, certificates, timezones])).toEqual([
      ['c:image', 'toolchain:c', null, null],
      ['b:image', 'c:image', null, 'toolchain:c'],
      ['d:image', null, null, 'toolchain:go'],
      ['a:image', 'b:image', 'toolchain:c', null],
    ])
    expect(graph.dependencies.get(imageTargetId('a'))).toEqual(['b:image', 'toolchain:c'])
  })

  it('makes one target of equal debian bases', () => {
    const graph = graphOf({
      toolchains: {},
      services: { a: { image: { from: debianBase('nodejs') } }, b: { image: { from: debianBase('nodejs') } } },
    })
    expect([...graph.targets.keys()]).toEqual(['toolchain:debian-trixie', 'a:image', 'b:image'])
  })

  it('orders a chain of 100,000 builds without recursion', () => {
    const builds = Array.from(
      { length: 100_000 },
      (_, index) => [name(index), index === 0 ? {} : { needs: [`${name(index - 1)}/app`] }] as const,
    )
    const graph = graphOf({ services: { a: { builds: Object.fromEntries(builds) } } })
    expect([...graph.targets.keys()].at(-1)).toBe(`a:${name(99_999)}`)
  })
})

describe('findings of buildGraph', () => {
  it('suggests the service that was meant', () => {
    expect(findingsOf({ services: { web: { builds: { bundle: { needs: ['apo:gen/client'] } } }, api: { builds: { gen: {} } } } })).toEqual([
      [
        'services/web/builder.yaml:5 graph/unknown-service: unknown service "apo" in a need of "web:bundle"',
        'services/api/builder.yaml:1 service "api" is defined here',
        'help: did you mean "api"?',
      ],
    ])
  })

  it('says which builds a service has', () => {
    expect(findingsOf({ services: { api: { builds: { gen: {}, test: {} }, image: { files: ['gne/app'] } } } })).toEqual([
      [
        'services/api/builder.yaml:9 graph/unknown-build: service "api" has no build "gne", named in a file of "api:image"',
        'services/api/builder.yaml:1 service "api" is defined here; its builds: gen, test',
        'help: did you mean "gen"?',
      ],
    ])
  })

  it('says which outputs a build has', () => {
    expect(
      findingsOf({ services: { api: { builds: { gen: { outputs: ['client', 'server'] }, use: { needs: ['gen/clients'] } } } } }),
    ).toEqual([
      [
        'services/api/builder.yaml:9 graph/unknown-artifact: build "api:gen" has no output "clients", named in a need of "api:use"',
        'services/api/builder.yaml:2 build "api:gen" is defined here; its outputs: client, server',
        'help: did you mean "client"?',
      ],
    ])
  })

  it('tells a check from a build with outputs', () => {
    expect(findingsOf({ services: { api: { builds: { test: { outputs: [] }, use: { needs: ['test/report'] } } } } })).toEqual([
      [
        'services/api/builder.yaml:7 graph/unknown-artifact: build "api:test" has no outputs, but a need of "api:use" names "report" of it',
        'services/api/builder.yaml:2 build "api:test" is defined here; it is a check',
        'help: add "report" to its outputs, or make it a gate of the image',
      ],
    ])
  })

  it('refuses an image as a gate', () => {
    expect(
      findingsOf({ services: { api: { image: {} }, web: { image: { gates: ['api:image', 'tset'] }, builds: { test: {} } } } }),
    ).toEqual([
      [
        'services/web/builder.yaml:6 graph/gate-not-a-build: "api:image" is an image, named in a gate of "web:image"',
        'help: only builds can be gates',
      ],
      [
        'services/web/builder.yaml:7 graph/unknown-build: service "web" has no build "tset", named in a gate of "web:image"',
        'services/web/builder.yaml:1 service "web" is defined here; its builds: test',
        'help: did you mean "test"?',
      ],
    ])
  })

  it('names missing toolchains of builds and bases', () => {
    expect(
      findingsOf({ toolchains: { jdk: {} }, services: { api: { builds: { build: { toolchain: 'jkd' } }, image: { from: 'python' } } } }),
    ).toEqual([
      ['services/api/builder.yaml:3 graph/unknown-toolchain: unknown toolchain "jkd" in build "api:build"', 'help: did you mean "jdk"?'],
      [
        'services/api/builder.yaml:6 graph/unknown-toolchain: unknown toolchain "python" in the base of "api:image"',
        'help: declare it under toolchains in the root builder.yaml, which has: jdk',
      ],
    ])
  })

  it('refuses certificates without a toolchain to take them from', () => {
    expect(findingsOf({ services: { api: { image: { caCertificates: true } } } })).toEqual([
      [
        'services/api/builder.yaml:2 image/certificates-without-toolchain: image "api:image" asks for caCertificates, but has neither a base nor an artifact whose toolchain could give them',
        'help: give the image a base, or copy the certificates with a file',
      ],
    ])
  })

  it('refuses names that would be confused with other targets', () => {
    expect(findingsOf({ services: { toolchain: { builds: { go: {} } }, web: { builds: { image: {} } } } })).toEqual([
      [
        'services/toolchain/builder.yaml:1 graph/reserved-name: a service cannot be named "toolchain": "toolchain:go" would read like a toolchain',
        'help: rename it',
      ],
      [
        'services/web/builder.yaml:2 graph/reserved-name: a build cannot be named "image": "web:image" is the service\'s image',
        'help: rename it',
      ],
    ])
  })

  it('refuses a toolchain that has the name of another base', () => {
    expect(findingsOf({ toolchains: { 'debian-trixie': {} }, services: { a: { image: { from: debianBase('nodejs') } } } })).toEqual([
      [
        'builder.yaml:1 graph/toolchain-name-taken: the base of "a:image" would be named "debian-trixie", but a different toolchain has that name',
        'services/a/builder.yaml:1 the base of "a:image" is declared here',
        'help: rename the toolchain',
      ],
    ])
  })

  it('prints the shortest cycle of each group, with the place of every need', () => {
    const services = {
      a: { builds: { x: { needs: ['b:y/app'] } } },
      b: { builds: { y: { needs: ['c:z/app', 'a:x/app'] } } },
      c: { builds: { z: { needs: ['a:x/app'] } }, image: { files: ['z/app'] } },
      d: { builds: { self: { needs: ['self/app'] } } },
    }
    expect(findingsOf({ services })).toEqual([
      [
        'services/a/builder.yaml:5 graph/cycle: builds need each other in a cycle: "a:x" -> "b:y" -> "a:x"',
        'services/a/builder.yaml:5 "a:x" needs "b:y/app"',
        'services/b/builder.yaml:6 "b:y" needs "a:x/app"',
        'help: remove one of these needs, or split one of the builds',
      ],
      [
        'services/d/builder.yaml:5 graph/cycle: build "d:self" needs itself',
        'services/d/builder.yaml:5 "d:self" needs "self/app"',
        'help: remove one of these needs, or split one of the builds',
      ],
    ])
  })

  it('finds images that are based on each other, on themselves, or on what has no image', () => {
    const services = {
      a: { image: { from: baseImage('b') } },
      b: { image: { from: baseImage('a') } },
      c: { image: { from: baseImage('c') } },
      d: { image: { from: baseImage('e') } },
      e: { builds: { x: {} } },
      f: { image: { from: baseImage('g'), timezones: true } },
      h: { image: { timezones: true } },
    }
    expect(findingsOf({ services })).toEqual([
      [
        'services/b/builder.yaml:1 graph/cycle: images are based on each other in a cycle: "a:image" -> "b:image" -> "a:image"',
        'services/b/builder.yaml:1 "a:image" is based on "b:image"',
        'services/a/builder.yaml:1 "b:image" is based on "a:image"',
        'help: give one of these images another base',
      ],
      [
        'services/c/builder.yaml:1 graph/cycle: image "c:image" is based on itself',
        'services/c/builder.yaml:1 "c:image" is based on "c:image"',
        'help: give one of these images another base',
      ],
      [
        'services/e/builder.yaml:1 graph/base-without-image: service "e", named in the base of "d:image", has no image',
        'services/e/builder.yaml:1 service "e" is defined here',
        'help: give it an image, or choose another base',
      ],
      [
        'services/g/builder.yaml:1 graph/unknown-service: unknown service "g" in the base of "f:image"',
        'services/a/builder.yaml:1 service "a" is defined here',
        'help: did you mean "a"?',
      ],
      [
        'services/h/builder.yaml:2 image/timezones-without-toolchain: image "h:image" asks for timezones, but has neither a base nor an artifact whose toolchain could give them',
        'help: give the image a base, or copy the time zones with a file',
      ],
    ])
  })

  it('shortens a cycle of 100,000 builds', () => {
    const builds = Array.from({ length: 100_000 }, (_, index) => [name(index), { needs: [`${name((index + 1) % 100_000)}/app`] }] as const)
    const result = buildGraph(sampleWorkspace({ services: { a: { builds: Object.fromEntries(builds) } } }))
    const [finding] = result.ok ? [] : result.error
    expect(finding?.message).toContain('"a:b000011" -> … 99988 more … -> "a:b000000"')
    expect(finding?.notes).toHaveLength(13)
  })

  it('gives every finding at once, sorted by place', () => {
    const services = { b: { builds: { x: { needs: ['q:x/app'] } } }, a: { builds: { x: { needs: ['x/app', 'y/app'] } } } }
    expect(findingsOf({ services }).map(([first]) => first)).toEqual([
      'services/a/builder.yaml:5 graph/cycle: build "a:x" needs itself',
      'services/a/builder.yaml:6 graph/unknown-build: service "a" has no build "y", named in a need of "a:x"',
      'services/b/builder.yaml:5 graph/unknown-service: unknown service "q" in a need of "b:x"',
    ])
  })
})

function graphOf(sample: SampleWorkspace): BuildGraph {
  const result = buildGraph(sampleWorkspace(sample))
  if (!result.ok) throw new Error(JSON.stringify(result.error, null, 2))
  return result.value
}

function findingsOf(sample: SampleWorkspace): string[][] {
  const workspace = sampleWorkspace(sample)
  const result = buildGraph(workspace)
  return result.ok ? [] : result.error.map((finding) => lines(finding, workspace))
}

function lines(finding: Diagnostic, workspace: Workspace): string[] {
  const at = (span: Diagnostic['span']): string =>
    span === null ? '-' : `${span.file}:${positionAt(workspace.files.get(span.file) ?? '', span.offset).line}`
  return [
    `${at(finding.span)} ${finding.id}: ${finding.message}`,
    ...finding.notes.map((note) => `${at(note.span)} ${note.message}`),
    ...(finding.help === null ? [] : [`help: ${finding.help}`]),
  ]
}

function name(index: number): string {
  return `b${String(index).padStart(6, '0')}`
}

function baseImage(service: string): Image['from'] {
  return { kind: 'service', service: { value: service, span: { file: `services/${service}/builder.yaml`, offset: 0, length: 1 } } }
}

function debianBase(pkg: string): { readonly kind: 'debian'; readonly base: NonNullable<ReturnType<Workspace['toolchains']['get']>> } {
  return {
    kind: 'debian',
    base: {
      name: 'debian-trixie',
      span: { file: 'services/a/builder.yaml', offset: 0, length: 1 },
      source: { kind: 'debian', suite: 'trixie', packages: [pkg], mirror: null, snapshot: null },
      env: new Map(),
      caches: new Map(),
    },
  }
}
