import type { WorkspacePath } from '@orchestrate/core'
import { sampleWorkspace } from '@orchestrate/testkit'
import { describe, expect, it } from 'vitest'
import { buildGraph } from './build-graph-from-workspace.ts'
import type { BuildGraph } from './build-graph.ts'
import { selectTargets } from './select-targets.ts'

describe('selectTargets', () => {
  it('selects every service when nothing is named, without toolchains that nobody uses', () => {
    expect(select([])).toEqual([
      'toolchain:go',
      'api:gen',
      'svc-a:build',
      'svc-b:build',
      'web:test',
      'svc-a:image',
      'web:bundle',
      'web:image',
    ])
  })

  it('selects a service by name, with what it depends on', () => {
    expect(select(['svc-a'])).toEqual(['toolchain:go', 'svc-a:build', 'svc-a:image'])
    expect(select(['web'])).toEqual(['toolchain:go', 'api:gen', 'web:test', 'web:bundle', 'web:image'])
  })

  it('selects by glob', () => {
    expect(select(['svc-*'])).toEqual(['toolchain:go', 'svc-a:build', 'svc-b:build', 'svc-a:image'])
    expect(select(['svc-[!a]'])).toEqual(['toolchain:go', 'svc-b:build'])
  })

  it('adds the dependents of a service, but not their other targets', () => {
    expect(select(['api...'])).toEqual(['toolchain:go', 'api:gen', 'web:test', 'web:bundle', 'web:image'])
    expect(select(['svc-b...'])).toEqual(['toolchain:go', 'svc-b:build'])
  })

  it('takes a leading ... as the dependencies that come anyway', () => {
    expect(select(['...web'])).toEqual(select(['web']))
    expect(select(['...api...'])).toEqual(select(['api...']))
  })

  it('selects the services of a directory', () => {
    expect(select(['.'], 'services/svc-a')).toEqual(select(['svc-a']))
    expect(select(['./svc-a'], 'services')).toEqual(select(['svc-a']))
    expect(select(['services/svc-a/'])).toEqual(select(['svc-a']))
    expect(select(['..'], 'services/svc-a')).toEqual(select([]))
    expect(select(['//services/svc-a'], 'services/web')).toEqual(select(['svc-a']))
    expect(select(['/srv/shop/services/svc-a'])).toEqual(select(['svc-a']))
  })

  it('selects the service around a directory that holds none', () => {
    expect(select(['.'], 'services/web/src/pages')).toEqual(select(['web']))
  })

  it('adds the dependents of a directory', () => {
    expect(select(['./...'], 'services/api')).toEqual(select(['api...']))
  })

  it('joins several selectors', () => {
    expect(select(['svc-b', 'svc-a'])).toEqual(['toolchain:go', 'svc-a:build', 'svc-b:build', 'svc-a:image'])
  })

  it('reports every selector that selects nothing', () => {
    const result = selectTargets(shop(), ['wbe', 'payments', 'x-*', 'libs/money', '../..', '/elsewhere'], '' as WorkspacePath)
    expect(result.ok ? [] : result.error.map(({ id, message, help }) => `${id}: ${message} (${help})`)).toEqual([
      'select/unknown-service: unknown service "wbe" (did you mean "web"?)',
      'select/unknown-service: unknown service "payments" (`orchestrate ls` lists the services)',
      'select/matches-nothing: no service matches "x-*" (`orchestrate ls` lists the services and their directories)',
      'select/matches-nothing: no service lies in "libs/money" (`orchestrate ls` lists the services and their directories)',
      'select/outside-workspace: "../.." lies outside the workspace (name a directory below the root builder.yaml)',
      'select/outside-workspace: "/elsewhere" lies outside the workspace (name a directory below the root builder.yaml)',
    ])
  })
})

function select(selectors: readonly string[], cwd = ''): readonly string[] {
  const result = selectTargets(shop(), selectors, cwd as WorkspacePath)
  if (!result.ok) throw new Error(JSON.stringify(result.error))
  return [...result.value]
}

function shop(): BuildGraph {
  const result = buildGraph(
    sampleWorkspace({
      toolchains: { go: {}, unused: {} },
      services: {
        api: { builds: { gen: {} } },
        web: {
          builds: { bundle: { needs: ['api:gen/app'] }, test: { outputs: [] } },
          image: { files: ['bundle/app'], gates: ['test'] },
        },
        'svc-a': { builds: { build: {} }, image: { files: ['build/app'] } },
        'svc-b': { builds: { build: {} } },
      },
    }),
  )
  if (!result.ok) throw new Error(JSON.stringify(result.error))
  return result.value
}
