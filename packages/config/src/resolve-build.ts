import { compareCodeUnits, type Located, type Span, type WorkspacePath } from '@orchestrate/core'
import { isBelow, resolveBuilderPath, systemDirectoryOf, WORKSPACE_MOUNT } from './builder-path.ts'
import type { Findings } from './findings.ts'
import type { BuildEntry } from './generated/builder-file.ts'
import { findOverlaps } from './overlaps.ts'
import { quote } from './quote.ts'
import { resolveBuilderEnvironment } from './resolve-environment.ts'
import { resolveOutputs } from './resolve-outputs.ts'
import { resolveLimits } from './resolve-limits.ts'
import { type PlacedNeed, resolveNeeds } from './resolve-needs.ts'
import { everything, resolvePatterns } from './resolve-patterns.ts'
import { resolveCaches } from './resolve-toolchain.ts'
import { checkToolchain, type Scope } from './scope.ts'
import { flag, member, type NamedNode, text, texts, type Typed } from './typed-node.ts'
import type { Build, Command, InputGroup } from './workspace.ts'
import { isRefused } from './yaml-node.ts'

/** The service that a build belongs to. */
export interface BuildOwner {
  readonly service: string
  readonly dir: WorkspacePath
  /** The sources of every library that it uses, by library name. */
  readonly libraries: readonly InputGroup[]
}

/** A build, or null when too little of it is left after what was reported. */
export function resolveBuild({ name, node }: NamedNode<BuildEntry>, owner: BuildOwner, scope: Scope): Build | null {
  const { findings } = scope
  const place = `build ${quote(name.value)} of service ${quote(owner.service)}`
  if (name.value === 'image') {
    findings.report({
      id: 'config/reserved-name',
      message: `no build can be called "image", as in service ${quote(owner.service)}`,
      span: name.span,
      help: 'that name is the image of the service; choose another one',
    })
  }
  const toolchain = resolveToolchainName(node, { place, span: name.span, scope })
  const command = resolveCommand(node, { place, span: name.span, scope })
  const env = resolveBuilderEnvironment(member(node, 'env'), place, findings)
  const source = resolveSourcePath(node, owner, place, findings)
  const inputs = resolveInputs(node, { place, span: name.span, owner, findings })
  const outputs = resolveOutputs(node, { place, span: name.span }, findings)
  const needs = resolveNeeds(node, { place, workdir: source.workdir, service: owner.service, findings })
  const ownCaches = resolveCaches(member(node, 'caches'), { place, sources: [WORKSPACE_MOUNT, source.workdir] }, findings)
  const caches = effectiveCaches(ownCaches, toolchain, scope)
  reportSharedPlaces(needs, caches, place, findings)
  if (toolchain === null || command === null) return null
  return {
    service: owner.service,
    name: name.value,
    span: name.span,
    toolchain,
    command,
    env,
    inputs: [inputs, ...owner.libraries],
    outputs,
    needs: needs.map(({ need }) => need),
    ...source,
    sourceWritable: flag(member(member(node, 'source'), 'writable')),
    network: text(member(node, 'network'))?.value === 'on' ? 'on' : 'off',
    caches: new Map([...caches].map(([id, { value }]) => [id, value])),
    user: text(member(node, 'user'))?.value ?? null,
    limits: resolveLimits(node, place, findings),
  }
}

interface Part {
  readonly place: string
  /** Of the build's name: where something that is missing is reported. */
  readonly span: Span
  readonly scope: Scope
}

function resolveToolchainName(node: Typed<BuildEntry>, { place, span, scope }: Part): Located<string> | null {
  const written = member(node, 'toolchain')
  const toolchain = text(written)
  if (toolchain !== null) return checkToolchain(toolchain, place, scope) ? toolchain : null
  if (written === null) scope.findings.report({ id: 'config/missing-key', message: `missing key "toolchain" in ${place}`, span })
  return null
}

function resolveCommand(node: Typed<BuildEntry>, { place, span, scope }: Part): Command | null {
  const run = member(node, 'run')
  const exec = member(node, 'exec')
  if (run === null && exec === null) {
    scope.findings.report({ id: 'config/missing-key', message: `missing key in ${place}: one of "run" or "exec"`, span })
    return null
  }
  const written = run ?? exec
  if (isRefused(written)) return null
  const single = text(run)
  const words = single === null ? texts(run ?? exec) : [single]
  const first = words[0]
  if (first === undefined || (run === null && first.value === '')) {
    scope.findings.report({
      id: 'config/invalid-value',
      message: `${run === null ? '"exec"' : '"run"'} of ${place} names no command`,
      span: written?.span ?? span,
    })
    return null
  }
  const nul = words.find(({ value }) => value.includes('\0'))
  if (nul !== undefined)
    scope.findings.report({ id: 'config/invalid-value', message: `the command of ${place} holds a NUL character`, span: nul.span })
  const values = words.map(({ value }) => value)
  return run === null ? { kind: 'exec', argv: values } : { kind: 'run', steps: values }
}

function resolveSourcePath(
  node: Typed<BuildEntry>,
  owner: BuildOwner,
  place: string,
  findings: Findings,
): { workdir: string; sourceMoved: boolean } {
  const usual = { workdir: resolveBuilderPath(WORKSPACE_MOUNT, owner.dir === '' ? '.' : owner.dir) ?? WORKSPACE_MOUNT, sourceMoved: false }
  const written = text(member(member(node, 'source'), 'path'))
  if (written === null) return usual
  const path = resolveBuilderPath('/', written.value)
  if (path === usual.workdir) return usual
  if (path !== null && systemDirectoryOf(path) === null && !isBelow(path, WORKSPACE_MOUNT)) return { workdir: path, sourceMoved: true }
  const message = `the source of ${place} cannot be mounted at ${quote(written.value)}`
  findings.report({
    id: 'config/invalid-path',
    message,
    span: written.span,
    help: 'choose a directory outside /workspace, /out, /proc, /dev and /sys',
  })
  return usual
}

function resolveInputs(node: Typed<BuildEntry>, at: { place: string; span: Span; owner: BuildOwner; findings: Findings }): InputGroup {
  const written = member(node, 'inputs')
  const patterns =
    written === null
      ? [everything(at.span)]
      : resolvePatterns(written, { base: at.owner.dir, name: `the inputs of ${at.place}` }, at.findings)
  return { base: at.owner.dir, library: null, patterns }
}

/** The build's caches over its toolchain's, sorted by id, each with where it was written. */
function effectiveCaches(
  own: ReadonlyMap<string, Located<string>>,
  toolchain: Located<string> | null,
  scope: Scope,
): ReadonlyMap<string, Located<string>> {
  const declaration = toolchain === null ? undefined : scope.toolchains.get(toolchain.value)
  const inherited = [...(declaration?.caches ?? [])].map(
    ([id, value]) => [id, { value, span: declaration?.span ?? toolchain?.span }] as const,
  )
  const caches = new Map<string, Located<string>>()
  for (const [id, { value, span }] of inherited) if (span !== undefined) caches.set(id, { value, span })
  for (const [id, cache] of own) caches.set(id, cache)
  return new Map([...caches].toSorted(([a], [b]) => compareCodeUnits(a, b)))
}

/** Needs were compared with each other already: what is left are caches that meet a need or another cache. */
function reportSharedPlaces(
  needs: readonly PlacedNeed[],
  caches: ReadonlyMap<string, Located<string>>,
  place: string,
  findings: Findings,
): void {
  const cachePlaces = [...caches.values()].map(({ value, span }) => ({ path: value, span }))
  for (const { place: inner, other } of findOverlaps([...needs.map((need) => need.place), ...cachePlaces])) {
    if (!cachePlaces.includes(inner) && !cachePlaces.includes(other)) continue
    const message = `a cache of ${place} and something else are put at ${quote(inner.path)}`
    findings.report({
      id: 'config/overlapping-paths',
      message,
      span: inner.span,
      notes: [{ message: 'the other is put here', span: other.span }],
    })
  }
}
