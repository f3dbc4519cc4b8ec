import { compareCodeUnits, type Diagnostic, err, ok, type Result } from '@orchestrate/core'
import type { ConfigFiles } from './config-files.ts'
import { readDeclarations } from './declarations.ts'
import { expandServices } from './expand-services.ts'
import { createFindings, type Findings } from './findings.ts'
import type { BuilderFile, EngineEntry } from './generated/builder-file.ts'
import type { GitFacts } from './git-facts.ts'
import { isRepository } from './image-reference.ts'
import { openOverrides } from './overrides.ts'
import { openParseCache, type ParseCache } from './parse-cache.ts'
import { quote } from './quote.ts'
import { readSources } from './read-sources.ts'
import type { SourceFile } from './source-file.ts'
import { resolveLibraries } from './resolve-libraries.ts'
import { resolveServices } from './resolve-services.ts'
import { resolveToolchain } from './resolve-toolchain.ts'
import { readTemplates } from './template.ts'
import { member, named, text, type Typed } from './typed-node.ts'
import { refuseVariables } from './variables.ts'
import type { EngineChoice, Service, ToolchainDeclaration, Workspace } from './workspace.ts'

export interface LoadDependencies {
  readonly files: ConfigFiles
  readonly cache: ParseCache
  readonly git: GitFacts
  /** `PATH=VALUE` each, in order: what the command line changes of the configuration, before it is validated. */
  readonly overrides?: readonly string[]
  readonly signal: AbortSignal
}

/** What is wrong with the workspace. */
export interface LoadFailure {
  /** Every finding of every file, in the order in which they are shown. */
  readonly diagnostics: readonly Diagnostic[]
  /** The text of every file that was read, by path, for code frames. */
  readonly files: ReadonlyMap<string, string>
}

/**
 * Reads every builder.yaml of the workspace at the absolute real path `root`: templates expanded, variables replaced, paths resolved.
 * Reports everything that is wrong at once. Whether needs and gates name builds that exist is for the graph to say.
 *
 * @throws the signal's reason when it is aborted; what the file system throws apart from files that are missing or forbidden.
 */
export async function loadWorkspace({ root }: { readonly root: string }, deps: LoadDependencies): Promise<Result<Workspace, LoadFailure>> {
  const findings = createFindings()
  const parsed = openParseCache(deps.cache)
  const overrides = await openOverrides(deps.overrides ?? [], findings)
  const sources = await readSources({ ...deps, overrides, parsed, findings })
  parsed.close()
  const workspace = sources.root === null ? null : await resolveWorkspace(sources.root, { files: sources.files, git: deps.git, findings })
  const diagnostics = findings.sorted()
  if (workspace === null || diagnostics.length > 0) return err({ diagnostics, files: sources.texts })
  return ok({ ...workspace, root, files: sources.texts })
}

interface ResolveContext {
  readonly files: readonly SourceFile[]
  readonly git: GitFacts
  readonly findings: Findings
}

async function resolveWorkspace(
  { content }: SourceFile,
  { files, git, findings }: ResolveContext,
): Promise<Omit<Workspace, 'root' | 'files'> | null> {
  const settings = readSettings(content, findings)
  const toolchainEntries = named(member(content, 'toolchains'))
  const toolchains = resolveToolchains(content, findings)
  const templates = readTemplates(content, findings)
  const declared = readDeclarations(files, findings)
  const libraries = resolveLibraries(declared.libraries, findings)
  const { services, commit } = await expandServices(declared.services, { templates, git, findings })
  const toolchainNames = new Set(toolchainEntries.map(({ name }) => name.value))
  const resolved = resolveServices(services, libraries, {
    findings,
    toolchainNames,
    toolchains,
    repository: settings?.repository ?? settings?.name ?? 'workspace',
    commit,
  })
  reportClashingBases(resolved, toolchains, findings)
  return settings === null ? null : { ...settings, toolchains, libraries, services: resolved }
}

type Settings = Pick<Workspace, 'name' | 'repository' | 'builderCertificates' | 'engine'>

function readSettings(content: Typed<BuilderFile>, findings: Findings): Settings | null {
  const node = member(content, 'workspace')
  if (node === null) {
    const start = { ...content.span, length: 0 }
    findings.report({
      id: 'config/missing-key',
      message: 'missing key "workspace" in the root builder.yaml',
      span: start,
      help: 'write "workspace: { name: NAME }"',
    })
    return null
  }
  refuseVariables(node, 'the workspace', findings)
  const repository = text(member(node, 'repository'))
  if (repository !== null && !isRepository(repository.value) && !repository.value.includes('${{')) {
    const message = `${quote(repository.value)} is not an image repository`
    findings.report({
      id: 'config/invalid-reference',
      message,
      span: repository.span,
      help: 'repositories are lower-case names joined by "/", without a tag',
    })
  }
  const name = text(member(node, 'name'))
  if (name === null) return null
  const certificates = text(member(node, 'builderCertificates'))?.value === 'host' ? 'host' : 'none'
  const usable = repository !== null && isRepository(repository.value) ? repository.value : null
  return { name: name.value, repository: usable, builderCertificates: certificates, engine: resolveEngine(member(node, 'engine')) }
}

function resolveEngine(node: Typed<EngineEntry> | null): EngineChoice | null {
  const word = text(node)?.value
  if (word === 'auto' || word === 'docker') return { kind: word }
  if (word === 'embedded') return { kind: 'embedded', runtime: null }
  const runtime = text(member(member(node, 'embedded'), 'runtime'))
  return runtime === null ? null : { kind: 'embedded', runtime: runtime.value }
}

function resolveToolchains(content: Typed<BuilderFile>, findings: Findings): ReadonlyMap<string, ToolchainDeclaration> {
  const node = member(content, 'toolchains')
  if (node !== null) refuseVariables(node, 'toolchains', findings)
  const toolchains = named(node).flatMap((entry) => resolveToolchain(entry, findings) ?? [])
  return new Map(toolchains.toSorted((a, b) => compareCodeUnits(a.name, b.name)).map((toolchain) => [toolchain.name, toolchain]))
}

/** An image's own base is a target with a name made from its declaration; no toolchain may have that name. */
function reportClashingBases(
  services: ReadonlyMap<string, Service>,
  toolchains: ReadonlyMap<string, ToolchainDeclaration>,
  findings: Findings,
): void {
  for (const { name, image } of services.values()) {
    if (image?.from.kind !== 'debian') continue
    const toolchain = toolchains.get(image.from.base.name)
    if (toolchain === undefined) continue
    findings.report({
      id: 'config/reserved-name',
      message: `toolchain ${quote(toolchain.name)} has the name of the base of the image of service ${quote(name)}`,
      span: toolchain.span,
      notes: [{ message: 'the base is declared here', span: image.from.base.span }],
      help: `rename it, or write "from: { toolchain: ${toolchain.name} }" there`,
    })
  }
}
