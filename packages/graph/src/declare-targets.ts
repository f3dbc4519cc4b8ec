import type { Build, Image, Service, ToolchainDeclaration, Workspace } from '@orchestrate/config'
import {
  assertNever,
  buildTargetId,
  closest,
  type Diagnostic,
  diagnostic,
  imageTargetId,
  type Located,
  type Result,
  type TargetId,
  toolchainTargetId,
} from '@orchestrate/core'
import type { BuildTarget, ImageTarget, Target, ToolchainTarget } from './build-graph.ts'
import { didYouMean, type Mention, resolveArtifact, resolveBaseImage, resolveGate } from './reference.ts'
import { findSystemFiles, type SystemFiles } from './system-files.ts'

/**
 * Every target with its references resolved, in no particular order.
 * What cannot be resolved is added to `findings` and left out of its target.
 */
export function declareTargets(workspace: Workspace, findings: Diagnostic[]): Target[] {
  const scope: Scope = { workspace, take: (result) => take(result, findings), report: (finding) => void findings.push(finding) }
  const toolchains = declareToolchains(scope)
  const builds = services(workspace).flatMap((owner) => [...owner.builds.values()].map((build) => declareBuild(scope, owner, build)))
  const images = services(workspace).flatMap((owner) => (owner.image === null ? [] : [declareImage(scope, owner, owner.image)]))
  return [...toolchains, ...builds, ...images]
}

interface Scope {
  readonly workspace: Workspace
  /** The value, or nothing after its finding was reported. */
  readonly take: <T>(result: Result<T, Diagnostic>) => readonly T[]
  readonly report: (finding: Diagnostic) => void
}

function take<T>(result: Result<T, Diagnostic>, findings: Diagnostic[]): readonly T[] {
  if (result.ok) return [result.value]
  findings.push(result.error)
  return []
}

function services(workspace: Workspace): readonly Service[] {
  return [...workspace.services.values()]
}

/** Declared toolchains, and the bases that images declare for themselves: equal declarations are one target. */
function declareToolchains({ workspace, report }: Scope): readonly ToolchainTarget[] {
  const byName = new Map(workspace.toolchains)
  for (const { image } of services(workspace)) {
    if (image?.from.kind !== 'debian') continue
    const { base } = image.from
    const other = byName.get(base.name)
    if (other === undefined) byName.set(base.name, base)
    else if (!isSameSource(other, base)) report(nameTaken(other, base, image))
  }
  return [...byName.values()].map((toolchain) => ({ kind: 'toolchain', id: toolchainTargetId(toolchain.name), service: null, toolchain }))
}

function isSameSource(a: ToolchainDeclaration, b: ToolchainDeclaration): boolean {
  return JSON.stringify(a.source) === JSON.stringify(b.source)
}

function declareBuild(scope: Scope, owner: Service, build: Build): BuildTarget {
  const id = buildTargetId(build.service, build.name)
  if (owner.name === 'toolchain' || build.name === 'image') scope.report(reservedName(owner, build, id))
  checkToolchain(scope, build.toolchain, `build "${id}"`)
  return {
    kind: 'build',
    id,
    service: build.service,
    owner,
    build,
    toolchain: toolchainTargetId(build.toolchain.value),
    needs: build.needs.flatMap((need) =>
      scope.take(resolveArtifact(scope.workspace, need.artifact, { span: need.span, place: `a need of "${id}"` })),
    ),
  }
}

function declareImage(scope: Scope, owner: Service, image: Image): ImageTarget {
  const id = imageTargetId(image.service)
  const artifacts = image.files.flatMap((file) =>
    file.kind === 'artifact'
      ? scope.take(resolveArtifact(scope.workspace, file.artifact, { span: file.span, place: `a file of "${id}"` }))
      : [],
  )
  const gates = image.gates.flatMap((gate) => scope.take(resolveGate(scope.workspace, gate.value, gateMention(id, gate))))
  const base = baseOf(scope, image, id)
  return {
    kind: 'image',
    id,
    service: image.service,
    owner,
    image,
    base,
    gates,
    artifacts,
    certificates: systemFilesOf(scope, image, 'caCertificates'),
    timezones: systemFilesOf(scope, image, 'timezones'),
  }
}

function gateMention(id: TargetId, gate: Image['gates'][number]): Mention {
  return { span: gate.span, place: `a gate of "${id}"` }
}

function baseOf(scope: Scope, image: Image, id: TargetId): TargetId | null {
  const { from } = image
  switch (from.kind) {
    case 'scratch':
      return null
    case 'debian':
      return toolchainTargetId(from.base.name)
    case 'toolchain':
      checkToolchain(scope, from.toolchain, `the base of "${id}"`)
      return toolchainTargetId(from.toolchain.value)
    case 'service':
      return scope.take(resolveBaseImage(scope.workspace, from.service, `the base of "${id}"`))[0] ?? null
    default:
      return assertNever(from)
  }
}

function systemFilesOf(scope: Scope, image: Image, what: SystemFiles): TargetId | null {
  return scope.take(findSystemFiles(scope.workspace, image, what))[0] ?? null
}

function checkToolchain({ workspace, report }: Scope, toolchain: Located<string>, place: string): void {
  if (workspace.toolchains.has(toolchain.value)) return
  const declared = [...workspace.toolchains.keys()]
  report(
    diagnostic({
      id: 'graph/unknown-toolchain',
      message: `unknown toolchain "${toolchain.value}" in ${place}`,
      span: toolchain.span,
      help:
        didYouMean(closest(toolchain.value, declared)) ??
        `declare it under toolchains in the root builder.yaml${declared.length === 0 ? '' : `, which has: ${declared.join(', ')}`}`,
    }),
  )
}

function reservedName(owner: Service, build: Build, id: TargetId): Diagnostic {
  const ofService = owner.name === 'toolchain'
  return diagnostic({
    id: 'graph/reserved-name',
    message: ofService
      ? `a service cannot be named "toolchain": "${id}" would read like a toolchain`
      : `a build cannot be named "image": "${id}" is the service's image`,
    span: ofService ? owner.span : build.span,
    help: 'rename it',
  })
}

function nameTaken(declared: ToolchainDeclaration, base: ToolchainDeclaration, image: Image): Diagnostic {
  return diagnostic({
    id: 'graph/toolchain-name-taken',
    message: `the base of "${imageTargetId(image.service)}" would be named "${base.name}", but a different toolchain has that name`,
    span: declared.span,
    notes: [{ message: `the base of "${imageTargetId(image.service)}" is declared here`, span: base.span }],
    help: 'rename the toolchain',
  })
}
