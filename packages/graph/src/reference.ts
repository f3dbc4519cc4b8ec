import type { ArtifactReference, Build, Service, Workspace } from '@orchestrate/config'
import {
  buildTargetId,
  closest,
  type Diagnostic,
  diagnostic,
  err,
  imageTargetId,
  type Located,
  ok,
  type Result,
  type Span,
  type TargetId,
} from '@orchestrate/core'
import type { ArtifactEdge } from './build-graph.ts'

/** Where a reference was written, for its findings. */
export interface Mention {
  readonly span: Span
  /** `a need of "web:bundle"`, `a file of "web:image"`, `a gate of "web:image"`. */
  readonly place: string
}

/** Resolves `[SERVICE:]BUILD/PATH` to an output of a build: `graph/unknown-service`, `graph/unknown-build`, `graph/unknown-artifact`. */
export function resolveArtifact(workspace: Workspace, reference: ArtifactReference, mention: Mention): Result<ArtifactEdge, Diagnostic> {
  const build = resolveBuild(workspace, reference, mention)
  if (!build.ok) return build
  const target = buildTargetId(reference.service, reference.build)
  const output = holder(build.value, reference.path)
  if (output === null) return err(unknownArtifact(build.value, target, reference.path, mention))
  return ok({ target, output, within: within(output, reference.path) })
}

/** Resolves a gate: `graph/gate-not-a-build`, `graph/unknown-service`, `graph/unknown-build`. */
export function resolveGate(
  workspace: Workspace,
  gate: { readonly service: string; readonly build: string },
  mention: Mention,
): Result<TargetId, Diagnostic> {
  const owner = workspace.services.get(gate.service)
  if (gate.build === 'image' && owner !== undefined && owner.image !== null && !owner.builds.has('image'))
    return err(notABuild(gate.service, mention))
  const build = resolveBuild(workspace, gate, mention)
  return build.ok ? ok(buildTargetId(gate.service, gate.build)) : build
}

/** Resolves the image of a service that another one is based on: `graph/unknown-service`, `graph/base-without-image`. */
export function resolveBaseImage(workspace: Workspace, name: Located<string>, place: string): Result<TargetId, Diagnostic> {
  const service = workspace.services.get(name.value)
  if (service === undefined) return err(unknownService(workspace, name.value, { span: name.span, place }))
  if (service.image !== null) return ok(imageTargetId(service.name))
  return err(
    diagnostic({
      id: 'graph/base-without-image',
      message: `service "${service.name}", named in ${place}, has no image`,
      span: name.span,
      notes: definition(service.span, `service "${service.name}" is defined here`),
      help: 'give it an image, or choose another base',
    }),
  )
}

/** `deps/node_modules` within its own service, `api:gen/client` from another one. */
export function formatArtifact(reference: ArtifactReference, service: string): string {
  const local = `${reference.build}/${reference.path}`
  return reference.service === service ? local : `${reference.service}:${local}`
}

function resolveBuild(
  workspace: Workspace,
  name: { readonly service: string; readonly build: string },
  mention: Mention,
): Result<Build, Diagnostic> {
  const service = workspace.services.get(name.service)
  if (service === undefined) return err(unknownService(workspace, name.service, mention))
  const build = service.builds.get(name.build)
  return build === undefined ? err(unknownBuild(service, name.build, mention)) : ok(build)
}

/** The innermost declared output that is `path` or holds it. */
function holder(build: Build, path: string): string | null {
  const holders = build.outputs
    .map((output) => output.value)
    .filter((output) => output === path || path.startsWith(`${output}/`) || output === '.')
  return holders.reduce<string | null>((best, output) => (best === null || output.length > best.length ? output : best), null)
}

function within(output: string, path: string): string {
  if (output === path) return ''
  return output === '.' ? path : path.slice(output.length + 1)
}

function unknownService(workspace: Workspace, name: string, mention: Mention): Diagnostic {
  const suggestion = closest(name, workspace.services.keys())
  return diagnostic({
    id: 'graph/unknown-service',
    message: `unknown service "${name}" in ${mention.place}`,
    span: mention.span,
    notes: definition(
      suggestion === null ? null : (workspace.services.get(suggestion)?.span ?? null),
      `service "${suggestion}" is defined here`,
    ),
    help: didYouMean(suggestion) ?? '`orchestrate ls` lists the services',
  })
}

function unknownBuild(service: Service, name: string, mention: Mention): Diagnostic {
  const builds = [...service.builds.keys()]
  const known = builds.length === 0 ? 'it has no builds' : `its builds: ${builds.join(', ')}`
  return diagnostic({
    id: 'graph/unknown-build',
    message: `service "${service.name}" has no build "${name}", named in ${mention.place}`,
    span: mention.span,
    notes: definition(service.span, `service "${service.name}" is defined here; ${known}`),
    help: didYouMean(closest(name, builds)),
  })
}

function unknownArtifact(build: Build, target: TargetId, path: string, mention: Mention): Diagnostic {
  const outputs = build.outputs.map((output) => output.value)
  const isCheck = outputs.length === 0
  return diagnostic({
    id: 'graph/unknown-artifact',
    message: isCheck
      ? `build "${target}" has no outputs, but ${mention.place} names "${path}" of it`
      : `build "${target}" has no output "${path}", named in ${mention.place}`,
    span: mention.span,
    notes: definition(build.span, `build "${target}" is defined here; ${isCheck ? 'it is a check' : `its outputs: ${outputs.join(', ')}`}`),
    help: isCheck ? `add "${path}" to its outputs, or make it a gate of the image` : didYouMean(closest(path, outputs)),
  })
}

function notABuild(service: string, mention: Mention): Diagnostic {
  return diagnostic({
    id: 'graph/gate-not-a-build',
    message: `"${service}:image" is an image, named in ${mention.place}`,
    span: mention.span,
    help: 'only builds can be gates',
  })
}

function definition(span: Span | null, message: string): Diagnostic['notes'] {
  return span === null ? [] : [{ message, span }]
}

/** The usual help for a misspelt name, or null without a suggestion. */
export function didYouMean(suggestion: string | null): string | null {
  return suggestion === null ? null : `did you mean "${suggestion}"?`
}
