import { closest, err, ok, type Result } from '@orchestrate/core'
import type { BuildGraph, BuildTarget } from '@orchestrate/graph'
import type { Stop } from './stop.ts'

/** The builds that `SERVICE` or `SERVICE:BUILD` names: all of a service, sorted by name, or the one. */
export function findBuilds(graph: BuildGraph, name: string): Result<readonly BuildTarget[], Stop> {
  const [service = '', build = null] = name.split(':')
  const { services } = graph.workspace
  if (!services.has(service)) return err(unknown(`no service is named "${service}"`, service, services.keys()))
  const all = [...graph.targets.values()].filter((target) => target.kind === 'build' && target.service === service)
  const builds = all.flatMap((target) => (target.kind === 'build' ? target : []))
  if (builds.length === 0)
    return err({ kind: 'usage', message: `service "${service}" has no builds`, help: 'its image is made of files alone' })
  if (build === null) return ok(builds)
  const named = builds.filter((target) => target.build.name === build)
  if (named.length > 0) return ok(named)
  const names = builds.map((target) => target.build.name)
  return err(unknown(`service "${service}" has no build "${build}"`, build, names))
}

function unknown(message: string, name: string, candidates: Iterable<string>): Stop {
  const names = [...candidates]
  const near = closest(name, names)
  return { kind: 'usage', message, help: near === null ? `there are: ${names.join(', ')}` : `did you mean "${near}"?` }
}
