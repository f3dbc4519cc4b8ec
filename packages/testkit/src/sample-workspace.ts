import type { ArtifactReference, Build, Image, ImageFile, Need, Service, ToolchainDeclaration, Workspace } from '@orchestrate/config'
import { compareCodeUnits, joinWorkspacePath, type Located, type Span, WORKSPACE_ROOT, type WorkspacePath } from '@orchestrate/core'

/** A workspace in a few words, for tests of what comes after configuration. */
export interface SampleWorkspace {
  readonly name?: string
  readonly root?: string
  /** Default: one image toolchain, `go`. */
  readonly toolchains?: Readonly<Record<string, Partial<ToolchainDeclaration>>>
  readonly services: Readonly<Record<string, SampleService>>
}

export interface SampleService {
  /** Default: `services/<name>`. */
  readonly dir?: string
  readonly builds?: Readonly<Record<string, SampleBuild>>
  readonly image?: SampleImage
}

/** `outputs` default to `["app"]`, `needs` are `[SERVICE:]BUILD/PATH` and appear in the workdir under their last segment. */
export type SampleBuild = Partial<Omit<Build, 'toolchain' | 'outputs' | 'needs' | 'env' | 'caches'>> & {
  readonly toolchain?: string
  readonly outputs?: readonly string[]
  readonly needs?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly caches?: Readonly<Record<string, string>>
}

/** `files` are `[SERVICE:]BUILD/PATH` and go to `/<last segment>`; `gates` are `[SERVICE:]BUILD`. */
export type SampleImage = Partial<Omit<Image, 'files' | 'gates' | 'from' | 'maxSize'>> & {
  /** Default: scratch. A string names a toolchain. */
  readonly from?: string | Image['from']
  readonly files?: readonly (string | SampleFile)[]
  readonly gates?: readonly string[]
  readonly maxSize?: number
}

/** Without a layer: in the last one. */
export type SampleFile = DistributiveOmit<ImageFile, 'span' | 'layer'> & Partial<Pick<ImageFile, 'layer'>>

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never

/** Builds the Workspace, with a made-up builder.yaml for each directory so that every span has a line. */
export function sampleWorkspace(sample: SampleWorkspace): Workspace {
  const pages = new Pages()
  const toolchains = Object.entries(sample.toolchains ?? { go: {} }).map(
    ([name, fields]) => [name, sampleToolchain(name, fields, pages)] as const,
  )
  const services = Object.entries(sample.services).map(([name, fields]) => [name, sampleService(name, fields, pages)] as const)
  return {
    name: sample.name ?? 'shop',
    root: sample.root ?? '/srv/shop',
    repository: null,
    builderCertificates: 'none',
    engine: null,
    toolchains: new Map(toolchains),
    services: new Map(services),
    libraries: new Map(),
    files: pages.texts,
  }
}

/** Writes lines and remembers where: spans of a workspace that nobody parsed. */
class Pages {
  readonly texts = new Map<string, string>()

  span(dir: string, line: string): Span {
    const file = dir === '' ? 'builder.yaml' : `${dir}/builder.yaml`
    const before = this.texts.get(file) ?? ''
    this.texts.set(file, `${before}${line}\n`)
    return { file, offset: before.length, length: line.length }
  }

  located<T extends string>(dir: string, value: T): Located<T> {
    return { value, span: this.span(dir, value) }
  }
}

function sampleToolchain(name: string, fields: Partial<ToolchainDeclaration>, pages: Pages): ToolchainDeclaration {
  const span = pages.span('', `toolchain ${name}`)
  return { name, span, source: { kind: 'image', reference: `${name}:1` }, env: new Map(), caches: new Map(), ...fields }
}

function sampleService(name: string, fields: SampleService, pages: Pages): Service {
  const dir = workspacePath(fields.dir ?? `services/${name}`)
  const span = pages.span(dir, `service ${name}`)
  const builds = Object.entries(fields.builds ?? {}).toSorted(([a], [b]) => compareCodeUnits(a, b))
  return {
    name,
    dir,
    span,
    builds: new Map(builds.map(([build, declaration]) => [build, sampleBuild(name, dir, build, declaration, pages)])),
    image: fields.image === undefined ? null : sampleImage(name, dir, fields.image, pages),
  }
}

function sampleBuild(service: string, dir: WorkspacePath, name: string, fields: SampleBuild, pages: Pages): Build {
  const span = pages.span(dir, `build ${name}`)
  const workdir = fields.workdir ?? (dir === '' ? '/workspace' : `/workspace/${dir}`)
  return {
    service,
    name,
    span,
    command: { kind: 'run', steps: ['make'] },
    inputs: [{ base: dir, library: null, patterns: [{ glob: '**', fromRoot: false, excludes: false, optional: false, span }] }],
    sourceMoved: false,
    sourceWritable: false,
    network: 'off',
    user: null,
    limits: { cpus: null, memory: null, timeout: null, silence: null },
    ...fields,
    workdir,
    toolchain: pages.located(dir, fields.toolchain ?? 'go'),
    outputs: (fields.outputs ?? ['app']).toSorted(compareCodeUnits).map((output) => pages.located(dir, output)),
    needs: (fields.needs ?? []).map((need) => sampleNeed(need, service, workdir, pages.span(dir, need))),
    env: new Map(Object.entries(fields.env ?? {})),
    caches: new Map(Object.entries(fields.caches ?? {})),
  }
}

function sampleNeed(text: string, service: string, workdir: string, span: Span): Need {
  return { artifact: sampleReference(text, service), to: `${workdir}/${lastSegment(text)}`, writable: false, span }
}

function sampleImage(service: string, dir: WorkspacePath, fields: SampleImage, pages: Pages): Image {
  const span = pages.span(dir, 'image')
  return {
    service,
    span,
    entrypoint: null,
    cmd: null,
    env: new Map(),
    workdir: null,
    user: null,
    ports: [],
    volumes: [],
    stopSignal: null,
    healthcheck: null,
    layers: [],
    labels: new Map(),
    annotations: new Map(),
    tags: ['latest'],
    repository: `shop/${service}`,
    caCertificates: false,
    timezones: false,
    created: 315_619_200,
    ...fields,
    from: sampleBase(fields.from, dir, pages),
    gates: (fields.gates ?? []).map((gate) => ({ value: sampleGate(gate, service), span: pages.span(dir, gate) })),
    files: (fields.files ?? []).map((file) => sampleFile(file, service, dir, pages)),
    maxSize: fields.maxSize === undefined ? null : { value: fields.maxSize, span: pages.span(dir, `maxSize ${fields.maxSize}`) },
  }
}

function sampleBase(from: SampleImage['from'], dir: WorkspacePath, pages: Pages): Image['from'] {
  if (from === undefined) return { kind: 'scratch' }
  return typeof from === 'string' ? { kind: 'toolchain', toolchain: pages.located(dir, from) } : from
}

function sampleFile(file: string | SampleFile, service: string, dir: WorkspacePath, pages: Pages): ImageFile {
  if (typeof file !== 'string') return { layer: null, ...file, span: pages.span(dir, file.to) }
  const artifact = sampleReference(file, service)
  return { kind: 'artifact', artifact, to: `/${lastSegment(file)}`, mode: null, owner: null, layer: null, span: pages.span(dir, file) }
}

function sampleReference(text: string, service: string): ArtifactReference {
  const [owner, local] = splitService(text, service)
  const slash = local.indexOf('/')
  return { service: owner, build: local.slice(0, slash), path: local.slice(slash + 1) }
}

function sampleGate(text: string, service: string): { readonly service: string; readonly build: string } {
  const [owner, build] = splitService(text, service)
  return { service: owner, build }
}

function splitService(text: string, service: string): readonly [string, string] {
  const colon = text.indexOf(':')
  return colon < 0 ? [service, text] : [text.slice(0, colon), text.slice(colon + 1)]
}

function lastSegment(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

function workspacePath(text: string): WorkspacePath {
  const path = joinWorkspacePath(WORKSPACE_ROOT, text)
  if (path === null) throw new Error(`not a path inside the workspace: ${text}`)
  return path
}
