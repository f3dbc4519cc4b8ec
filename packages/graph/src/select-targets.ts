import type { Service } from '@orchestrate/config'
import {
  closest,
  type Diagnostic,
  diagnostic,
  err,
  isInside,
  joinWorkspacePath,
  ok,
  type Result,
  type TargetId,
  WORKSPACE_ROOT,
  type WorkspacePath,
} from '@orchestrate/core'
import type { BuildGraph } from './build-graph.ts'
import { withDependencies, withDependents } from './closure.ts'
import { isGlob, matchName } from './match-name.ts'
import { didYouMean } from './reference.ts'

/**
 * The builds and images that `selectors` name, and everything that they depend on, in the graph's order.
 * No selectors select every service.
 *
 * A selector is a service's name, a glob of names (`svc-*`), or a directory (`.`, `services/api`, `//services/api`): its services,
 * or the one around it. `api...` adds what depends on api; `...api` says what holds anyway, that dependencies come too.
 * Findings: `select/unknown-service`, `select/matches-nothing`, `select/outside-workspace`.
 *
 * @param cwd what relative directories start from.
 */
export function selectTargets(
  graph: BuildGraph,
  selectors: readonly string[],
  cwd: WorkspacePath,
): Result<ReadonlySet<TargetId>, Diagnostic[]> {
  const all = selectors.length === 0 ? [...graph.workspace.services.keys()] : []
  const selected = new Set(targetsOf(graph, new Set(all)))
  const findings: Diagnostic[] = []
  for (const selector of selectors) {
    const result = selectOne(graph, selector, cwd)
    if (result.ok) for (const id of result.value) selected.add(id)
    else findings.push(result.error)
  }
  return findings.length > 0 ? err(findings) : ok(withDependencies(graph, selected))
}

function selectOne(graph: BuildGraph, selector: string, cwd: WorkspacePath): Result<Iterable<TargetId>, Diagnostic> {
  const andDependents = selector.length > 3 && selector.endsWith('...')
  const base = andDependents ? selector.slice(0, -3) : selector
  const services = selectServices(graph, base.length > 3 && base.startsWith('...') ? base.slice(3) : base, cwd)
  if (!services.ok) return services
  const targets = targetsOf(graph, new Set(services.value))
  return ok(andDependents ? withDependents(graph, targets) : targets)
}

function selectServices(graph: BuildGraph, name: string, cwd: WorkspacePath): Result<readonly string[], Diagnostic> {
  const { services } = graph.workspace
  if (services.has(name)) return ok([name])
  if (name === '.' || name === '..' || name.includes('/')) return selectDirectory(graph, name, cwd)
  if (!isGlob(name)) return err(unknownService(name, services.keys()))
  const matches = [...services.keys()].filter((service) => matchName(name, service))
  return matches.length > 0 ? ok(matches) : err(matchesNothing(`no service matches "${name}"`))
}

function selectDirectory(graph: BuildGraph, path: string, cwd: WorkspacePath): Result<readonly string[], Diagnostic> {
  const directory = resolveDirectory(graph.workspace.root, path, cwd)
  if (directory === null) return err(outsideWorkspace(path))
  const services = [...graph.workspace.services.values()]
  const below = services.filter((service) => isInside(service.dir, directory))
  const found = below.length > 0 ? below : innermost(services.filter((service) => isInside(directory, service.dir)))
  if (found.length === 0) return err(matchesNothing(`no service lies in "${directory === '' ? '.' : directory}"`))
  return ok(found.map((service) => service.name))
}

function resolveDirectory(root: string, path: string, cwd: WorkspacePath): WorkspacePath | null {
  if (path.startsWith('//')) return joinWorkspacePath(WORKSPACE_ROOT, path.slice(2))
  if (!path.startsWith('/')) return joinWorkspacePath(cwd, path)
  const inside = path === root || path.startsWith(root.endsWith('/') ? root : `${root}/`)
  return inside ? joinWorkspacePath(WORKSPACE_ROOT, path.slice(root.length).replace(/^\/+/, '')) : null
}

/** The services of the deepest directory among `around`, all of which hold the same place. */
function innermost(around: readonly Service[]): readonly Service[] {
  const depth = Math.max(...around.map((service) => service.dir.length))
  return around.filter((service) => service.dir.length === depth)
}

function targetsOf(graph: BuildGraph, services: ReadonlySet<string>): readonly TargetId[] {
  return [...graph.targets.values()].filter((target) => target.service !== null && services.has(target.service)).map((target) => target.id)
}

function unknownService(name: string, services: Iterable<string>): Diagnostic {
  return diagnostic({
    id: 'select/unknown-service',
    message: `unknown service "${name}"`,
    help: didYouMean(closest(name, services)) ?? '`orchestrate ls` lists the services',
  })
}

function matchesNothing(message: string): Diagnostic {
  return diagnostic({ id: 'select/matches-nothing', message, help: '`orchestrate ls` lists the services and their directories' })
}

function outsideWorkspace(path: string): Diagnostic {
  return diagnostic({
    id: 'select/outside-workspace',
    message: `"${path}" lies outside the workspace`,
    help: 'name a directory below the root builder.yaml',
  })
}
