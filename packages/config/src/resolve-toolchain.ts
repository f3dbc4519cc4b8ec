import {
  canonicalJson,
  compareCodeUnits,
  digestHex,
  digestOf,
  joinWorkspacePath,
  type Located,
  type Span,
  WORKSPACE_ROOT,
} from '@orchestrate/core'
import { parseArchiveSource } from './archive-source.ts'
import { isBelow, resolveBuilderPath, systemDirectoryOf, WORKSPACE_MOUNT } from './builder-path.ts'
import type { Findings } from './findings.ts'
import type { Caches, DebianDeclaration, ToolchainEntry } from './generated/builder-file.ts'
import { isImageReference } from './image-reference.ts'
import { quote } from './quote.ts'
import { resolveBuilderEnvironment } from './resolve-environment.ts'
import { member, type NamedNode, named, text, texts, type Typed } from './typed-node.ts'
import type { DebianSource, ToolchainDeclaration, ToolchainSource } from './workspace.ts'

const LONGEST_BASE_NAME = 60

/** A toolchain of the root file, or null when its source was reported. */
export function resolveToolchain({ name, node }: NamedNode<ToolchainEntry>, findings: Findings): ToolchainDeclaration | null {
  const place = `toolchain ${quote(name.value)}`
  const env = resolveBuilderEnvironment(member(node, 'env'), place, findings)
  const caches = resolveCaches(member(node, 'caches'), { place, sources: [WORKSPACE_MOUNT] }, findings)
  const source = resolveSource(node, place, findings)
  return source === null
    ? null
    : { name: name.value, span: name.span, source, env, caches: new Map([...caches].map(([id, { value }]) => [id, value])) }
}

/** An image's own base: the same declaration gives the same name, wherever it stands. */
export function resolveDebianBase(node: Typed<DebianDeclaration>): ToolchainDeclaration | null {
  const source = resolveDebian(node)
  return source === null ? null : { name: baseName(source), span: node.span, source, env: new Map(), caches: new Map() }
}

export interface CachePlace {
  readonly place: string
  /** Directories that hold sources inside the builder. */
  readonly sources: readonly string[]
}

/** Cache directories by id, sorted by id, with where they were written. */
export function resolveCaches(
  node: Typed<Caches> | null,
  { place, sources }: CachePlace,
  findings: Findings,
): ReadonlyMap<string, Located<string>> {
  const caches = named(node).flatMap(({ name, node: value }) => {
    const written = text(value)
    const path = written === null ? null : resolveBuilderPath('/', written.value)
    if (written === null) return []
    const span = written.span
    const system = path === null ? null : systemDirectoryOf(path)
    if (path === null || system !== null) {
      const message = `cache ${quote(name.value)} of ${place} cannot be kept at ${quote(written.value)}`
      findings.report({ id: 'config/invalid-path', message, span, help: 'choose a directory of its own, such as /root/.cache/NAME' })
      return []
    }
    if (sources.some((source) => isBelow(path, source) || isBelow(source, path))) {
      const message = `cache ${quote(name.value)} of ${place} lies inside the sources, at ${quote(path)}`
      const help =
        'point the tool at a directory elsewhere, such as /root/.cache/NAME; build trees that are trusted by mtime are not caches'
      findings.report({ id: 'config/cache-inside-source', message, span, help })
      return []
    }
    return [[name.value, { value: path, span }] as const]
  })
  return new Map(caches.toSorted(([a], [b]) => compareCodeUnits(a, b)))
}

function resolveSource(node: Typed<ToolchainEntry>, place: string, findings: Findings): ToolchainSource | null {
  const image = text(member(node, 'image'))
  if (image !== null) {
    if (isImageReference(image.value)) return { kind: 'image', reference: image.value }
    findings.report({
      id: 'config/invalid-reference',
      message: `${quote(image.value)} of ${place} is not an image reference`,
      span: image.span,
    })
  }
  const rootfs = text(member(node, 'rootfs'))
  if (rootfs !== null) return resolveRootfs(rootfs.value, rootfs.span, place, findings)
  const archive = text(member(node, 'archive'))
  if (archive !== null) return resolveArchive(archive, place, findings)
  const debian = member(node, 'debian')
  return debian === null ? null : resolveDebian(debian)
}

function resolveRootfs(written: string, span: Span, place: string, findings: Findings): ToolchainSource | null {
  const path = joinWorkspacePath(WORKSPACE_ROOT, written.replace(/^\/\//, ''))
  if (path !== null && path !== '') return { kind: 'rootfs', path }
  findings.report({
    id: 'config/path-outside-workspace',
    message: `the rootfs ${quote(written)} of ${place} is not a file of the workspace`,
    span,
    help: 'write its path relative to the workspace root',
  })
  return null
}

function resolveArchive({ value, span }: Located<string>, place: string, findings: Findings): ToolchainSource | null {
  const source = parseArchiveSource(value)
  if (source === null)
    findings.report({
      id: 'config/invalid-path',
      message: `the archive ${quote(value)} of ${place} is not an image of the workspace`,
      span,
      help: 'write oci:DIR[:TAG] or docker-archive:FILE[:NAME], the path relative to the workspace root',
    })
  return source
}

function resolveDebian(node: Typed<DebianDeclaration>): DebianSource | null {
  const suite = text(member(node, 'suite'))
  if (suite === null) return null
  const packages = [...new Set(texts(member(node, 'packages')).map(({ value }) => value))].toSorted(compareCodeUnits)
  const mirror = text(member(node, 'mirror'))?.value ?? null
  return { kind: 'debian', suite: suite.value, packages, mirror, snapshot: text(member(node, 'snapshot'))?.value ?? null }
}

/** Readable where the suite and packages say everything and are short; otherwise by content. */
function baseName(source: DebianSource): string {
  const readable = [`debian-${source.suite}`, ...source.packages].join('+')
  if (source.mirror === null && source.snapshot === null && readable.length <= LONGEST_BASE_NAME) return readable
  return `debian-${source.suite}-${digestHex(digestOf(canonicalJson({ ...source }))).slice(0, 12)}`
}
