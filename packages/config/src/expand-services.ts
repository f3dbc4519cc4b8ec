import type { Located, Span, WorkspacePath } from '@orchestrate/core'
import { checkService } from './check-schema.ts'
import type { Findings } from './findings.ts'
import type { ServiceEntry } from './generated/builder-file.ts'
import type { Commit, GitFacts } from './git-facts.ts'
import { mergeTemplate, normaliseService, withoutEllipses } from './merge-template.ts'
import { quote } from './quote.ts'
import { bindParameters, findTemplate, type Template } from './template.ts'
import { type Typed, typed } from './typed-node.ts'
import { checkVariables, commitVariables, firstCommitVariable, replaceVariables, type VariableValue } from './variables.ts'
import { mapNode, nodeAt, scalarNode, someText, type YamlNode } from './yaml-node.ts'

/** A service as a builder.yaml declares it. */
export interface ServiceDeclaration {
  readonly name: Located<string>
  /** The directory of its builder.yaml. */
  readonly dir: WorkspacePath
  readonly entry: Typed<ServiceEntry>
}

/** Services whose templates are expanded and whose variables are replaced: `builds` only, no `extends`. */
export interface ExpandedServices {
  readonly services: readonly ServiceDeclaration[]
  /** The commit, when one of them reads it. */
  readonly commit: Commit | null
}

export interface ExpandContext {
  readonly templates: ReadonlyMap<string, Template>
  readonly git: GitFacts
  readonly findings: Findings
}

export async function expandServices(declarations: readonly ServiceDeclaration[], context: ExpandContext): Promise<ExpandedServices> {
  const merged = declarations.flatMap((declaration) => merge(declaration, context) ?? [])
  const reader = firstOf(merged, ({ body }) => commitReader(body))
  const commit = reader === null ? null : await context.git.commit()
  if (reader !== null && commit === null) {
    const message = 'this needs a git commit, and the workspace has none'
    context.findings.report({
      id: 'config/no-commit',
      message,
      span: reader,
      help: 'commit first, or do without git.*, date and created: commit',
    })
  }
  return { services: merged.map((service) => replace(service, commit, context.findings)), commit }
}

interface MergedService {
  readonly declaration: ServiceDeclaration
  readonly body: YamlNode
  readonly parameters: ReadonlyMap<string, VariableValue>
  /** Whether anything was merged or may be replaced, so that the schema has to look again. */
  readonly isExpanded: boolean
}

/** Null for a service whose template is unknown: everything else that it lacks may come from there. */
function merge(declaration: ServiceDeclaration, context: ExpandContext): MergedService | null {
  const { findings } = context
  const own = normaliseService(declaration.entry)
  // Most services are written out: they need none of this, and a large workspace has thousands.
  if (!needsExpansion(declaration.entry)) return { declaration, body: own, parameters: new Map(), isExpanded: false }
  const place = `service ${quote(declaration.name.value)}`
  const template = findTemplate(declaration.entry, place, context.templates, findings)
  const isTemplateUnknown = template === null && nodeAt(declaration.entry, ['extends']) !== null
  checkVariables(
    declaration.entry,
    { place, parameters: isTemplateUnknown ? null : (template?.parameters.keys() ?? []), skip: 'with' },
    findings,
  )
  const given = nodeAt(declaration.entry, ['with'])
  if (given !== null) checkVariables(given, { place: `the parameters of ${place}`, parameters: [], skip: null }, findings)
  if (isTemplateUnknown) return null
  const whole = template === null ? own : mergeTemplate(normaliseService(template.body), own)
  const parameters = template === null ? new Map<string, VariableValue>() : bindParameters(declaration.entry, template, place, findings)
  return { declaration, body: withoutEllipses(whole, place, findings), parameters, isExpanded: true }
}

function needsExpansion(entry: Typed<ServiceEntry>): boolean {
  return nodeAt(entry, ['extends']) !== null || someText(entry, (text) => text.includes('${{') || text === '...')
}

function replace(
  { declaration, body, parameters, isExpanded }: MergedService,
  commit: Commit | null,
  findings: Findings,
): ServiceDeclaration {
  if (!isExpanded) return { ...declaration, entry: typed(body) }
  const { name, dir } = declaration
  const service: [string, VariableValue][] = [
    ['service.name', name.value],
    ['service.dir', dir === '' ? '.' : dir],
  ]
  const own = new Map(service)
  const given = [...parameters].map(([key, value]): [string, VariableValue] => [`params.${key}`, replaceInText(value, own)])
  const replaced = replaceVariables(body, new Map([...service, ...given, ...(commit === null ? [] : commitVariables(commit))]))
  const within = mapNode(new Map([['service', { keySpan: name.span, value: scalarNode(name.value, name.span) }]]), name.span)
  return { ...declaration, entry: checkService(replaced, within, findings) }
}

function replaceInText(value: VariableValue, variables: ReadonlyMap<string, VariableValue>): VariableValue {
  if (typeof value !== 'string') return value
  const replaced = replaceVariables(scalarNode(value, { file: '', offset: 0, length: 0 }), variables)
  return replaced.kind === 'scalar' && replaced.value !== null ? replaced.value : value
}

function firstOf<T, R>(values: readonly T[], read: (value: T) => R | null): R | null {
  for (const value of values) {
    const found = read(value)
    if (found !== null) return found
  }
  return null
}

/** Where the commit is read first, or null. */
function commitReader(body: YamlNode): Span | null {
  const created = nodeAt(body, ['image', 'created'])
  const readsTime = created?.kind === 'scalar' && created.origin !== 'refused' && created.value !== 'constant'
  return readsTime ? created.span : firstCommitVariable(body)
}
