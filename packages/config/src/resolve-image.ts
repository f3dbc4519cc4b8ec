import { compareCodeUnits, type Located, type Span } from '@orchestrate/core'
import { parseGate } from './artifact-reference.ts'
import { resolveBuilderPath } from './builder-path.ts'
import { parseByteSize } from './byte-size.ts'
import type { BaseEntry, ImageEntry } from './generated/builder-file.ts'
import { isRepository, isTag } from './image-reference.ts'
import { quote } from './quote.ts'
import { reportNul, resolveStrings } from './resolve-environment.ts'
import { resolveHealthcheck } from './resolve-healthcheck.ts'
import { resolveImageFiles } from './resolve-image-files.ts'
import { resolveLayers } from './resolve-layers.ts'
import { resolveDebianBase } from './resolve-toolchain.ts'
import { checkToolchain, type Scope } from './scope.ts'
import { flag, items, member, text, texts, type Typed } from './typed-node.ts'
import type { BuildOwner } from './resolve-build.ts'
import type { Image, ImageBase } from './workspace.ts'

/** 1980-01-02T00:00:00Z, SOURCE_DATE_EPOCH of every builder: equal content gets an equal digest on every commit. */
const CONSTANT_TIME = 315_619_200

/** The image of a service. `span` is that of its key, `serviceSpan` that of the service's name. */
export function resolveImage(node: Typed<ImageEntry>, at: { span: Span; serviceSpan: Span }, owner: BuildOwner, scope: Scope): Image {
  const { findings } = scope
  const place = `the image of service ${quote(owner.service)}`
  const env = member(node, 'env')
  reportNul(env, place, findings)
  const { files, layers } = resolveLayers(
    texts(member(node, 'layers')),
    resolveImageFiles(member(node, 'files'), { ...owner, place, findings }),
    place,
    findings,
  )
  return {
    service: owner.service,
    span: at.span,
    from: resolveBase(member(node, 'from'), place, scope),
    gates: texts(member(node, 'needs')).flatMap((gate) => parseGate(gate, owner.service, findings) ?? []),
    files,
    layers,
    entrypoint: resolveArguments(member(node, 'entrypoint')),
    cmd: resolveArguments(member(node, 'cmd')),
    env: resolveStrings(env),
    workdir: resolveWorkdir(text(member(node, 'workdir')), place, scope),
    user: text(member(node, 'user'))?.value ?? null,
    ports: resolvePorts(member(node, 'ports'), place, scope),
    volumes: resolveVolumes(member(node, 'volumes'), place, scope),
    stopSignal: resolveStopSignal(member(node, 'stopSignal')),
    healthcheck: resolveHealthcheck(member(node, 'healthcheck'), place, findings),
    labels: resolveStrings(member(node, 'labels')),
    annotations: resolveStrings(member(node, 'annotations')),
    tags: resolveTags(member(node, 'tags'), place, scope),
    repository: resolveRepository(text(member(node, 'repository')), owner.service, at.serviceSpan, scope),
    caCertificates: flag(member(node, 'caCertificates')),
    timezones: flag(member(node, 'timezones')),
    maxSize: resolveMaxSize(member(node, 'maxSize')),
    created: text(member(node, 'created'))?.value === 'commit' ? (scope.commit?.time ?? CONSTANT_TIME) : CONSTANT_TIME,
  }
}

function resolveBase(node: Typed<BaseEntry> | null, place: string, scope: Scope): ImageBase {
  const debian = member(node, 'debian')
  const base = debian === null ? null : resolveDebianBase(debian)
  if (base !== null) return { kind: 'debian', base }
  const toolchain = text(member(node, 'toolchain'))
  if (toolchain !== null && checkToolchain(toolchain, place, scope)) return { kind: 'toolchain', toolchain }
  const service = text(member(node, 'service'))
  return service === null ? { kind: 'scratch' } : { kind: 'service', service }
}

function resolveArguments(node: Typed<readonly string[]> | null): readonly string[] | null {
  return node?.kind === 'list' ? texts(node).map(({ value }) => value) : null
}

function resolveWorkdir(written: Located<string> | null, place: string, scope: Scope): string | null {
  if (written === null) return null
  const path = resolveBuilderPath('/', written.value)
  if (path === null)
    scope.findings.report({
      id: 'config/invalid-path',
      message: `the workdir ${quote(written.value)} of ${place} is not a path`,
      span: written.span,
    })
  return path
}

function resolvePorts(node: Typed<readonly (number | string)[]> | null, place: string, scope: Scope): string[] {
  const ports = items(node).flatMap((item) => {
    if (item.kind !== 'scalar') return []
    const [number = '', protocol = 'tcp'] = String(item.value).split('/')
    if (Number(number) <= 65_535) return [`${number}/${protocol}`]
    const message = `port ${quote(String(item.value))} of ${place} must be a port from 1 to 65535, or "53/udp"`
    scope.findings.report({ id: 'config/invalid-value', message, span: item.span })
    return []
  })
  return [...new Set(ports)].toSorted(compareCodeUnits)
}

function resolveVolumes(node: Typed<readonly string[]> | null, place: string, scope: Scope): string[] {
  const paths = texts(node).flatMap((written) => {
    const path = resolveBuilderPath('/', written.value)
    if (path !== null && path !== '/') return [path]
    const message = `volume ${quote(written.value)} of ${place} is not a directory inside the image`
    scope.findings.report({ id: 'config/invalid-path', message, span: written.span })
    return []
  })
  return [...new Set(paths)].toSorted(compareCodeUnits)
}

function resolveStopSignal(node: Typed<number | string> | null): string | null {
  return node?.kind === 'scalar' && node.value !== null ? String(node.value) : null
}

function resolveTags(node: Typed<readonly string[]> | null, place: string, scope: Scope): string[] {
  const written = texts(node).filter(({ value }) => value !== '')
  for (const tag of written) {
    if (isTag(tag.value)) continue
    const message = `${quote(tag.value)} of ${place} is not a tag`
    const help = 'tags are at most 128 letters, digits, "_", "." and "-", the first neither "." nor "-"'
    scope.findings.report({ id: 'config/invalid-reference', message, span: tag.span, help })
  }
  const tags = [...new Set(written.map(({ value }) => value))]
  return tags.length > 0 ? tags : ['latest']
}

function resolveRepository(written: Located<string> | null, service: string, serviceSpan: Span, scope: Scope): string {
  const repository = written ?? { value: `${scope.repository}/${service}`, span: serviceSpan }
  if (!isRepository(repository.value)) {
    const message = `${quote(repository.value)} is not an image repository`
    const help = 'repositories are lower-case names joined by "/", without a tag; separators stand between letters or digits'
    scope.findings.report({ id: 'config/invalid-reference', message, span: repository.span, help })
  }
  return repository.value
}

function resolveMaxSize(node: Typed<number | string> | null): Located<number> | null {
  const bytes = node?.kind === 'scalar' && node.value !== null ? parseByteSize(String(node.value)) : null
  return node === null || bytes === null ? null : { value: bytes, span: node.span }
}
