import type { Located } from '@orchestrate/core'
import type { Findings } from './findings.ts'
import type { BuilderFile, ParameterDeclaration, ServiceEntry, With } from './generated/builder-file.ts'
import { quote } from './quote.ts'
import { suggest } from './suggest.ts'
import { member, named, text, type Typed } from './typed-node.ts'
import { checkVariables, refuseVariables, type VariableValue } from './variables.ts'
import { isRefused, type ScalarNode, type ScalarValue, spell } from './yaml-node.ts'

/** A part of a service, for services to start from. */
export interface Template {
  readonly name: Located<string>
  readonly parameters: ReadonlyMap<string, Parameter>
  readonly body: Typed<ServiceEntry>
}

interface Parameter {
  readonly name: Located<string>
  /** Null when its declaration was reported. */
  readonly type: string | null
  readonly fallback: VariableValue | null
}

/** The templates of the root file by name, with their own variables and defaults checked. */
export function readTemplates(root: Typed<BuilderFile>, findings: Findings): ReadonlyMap<string, Template> {
  return new Map(
    named(member(root, 'templates')).map(({ name, node }) => {
      const place = `template ${quote(name.value)}`
      const parameters = new Map(
        named(member(node, 'params')).map((parameter) => [parameter.name.value, readParameter(parameter, place, findings)]),
      )
      const params = member(node, 'params')
      if (params !== null) refuseVariables(params, `the parameters of ${place}`, findings)
      checkVariables(node, { place, parameters: parameters.keys(), skip: 'params' }, findings)
      return [name.value, { name, parameters, body: node }]
    }),
  )
}

/** The template that a service extends, or null when it extends none that exists. */
export function findTemplate(
  entry: Typed<ServiceEntry>,
  place: string,
  templates: ReadonlyMap<string, Template>,
  findings: Findings,
): Template | null {
  const name = text(member(entry, 'extends'))
  if (name === null) return null
  const template = templates.get(name.value) ?? null
  if (template === null) {
    const help = suggest(name.value, templates.keys(), 'templates') ?? 'declare it under "templates" in the root builder.yaml'
    findings.report({ id: 'config/unknown-template', message: `unknown template ${quote(name.value)} in ${place}`, span: name.span, help })
  }
  return template
}

/** The values of a template's parameters for one service: what it gives, else the defaults. */
export function bindParameters(
  entry: Typed<ServiceEntry>,
  template: Template,
  place: string,
  findings: Findings,
): Map<string, VariableValue> {
  const given = member(entry, 'with')
  const values = new Map<string, VariableValue>()
  for (const { name, node } of named<With>(given)) {
    const parameter = template.parameters.get(name.value)
    if (parameter === undefined) {
      const message = `unknown parameter ${quote(name.value)} of template ${quote(template.name.value)} in ${place}`
      const notes = [{ message: 'the template is declared here', span: template.name.span }]
      findings.report({
        id: 'config/unknown-parameter',
        message,
        span: name.span,
        notes,
        help: suggest(name.value, template.parameters.keys(), 'parameters'),
      })
    } else if (node.kind === 'scalar' && !isRefused(node)) {
      const value = checkValue(valueFor(node, parameter), parameter)
      if (value !== null) values.set(name.value, value)
      else findings.report(wrongParameter(`parameter ${quote(name.value)} of ${place}`, node.value, parameter, node.span))
    }
  }
  for (const [name, parameter] of template.parameters) {
    if (values.has(name) || (given?.kind === 'map' && given.entries.has(name))) continue
    if (parameter.fallback !== null) values.set(name, parameter.fallback)
    else if (parameter.type !== null) reportMissing(entry, { template, parameter, place }, findings)
  }
  return values
}

function readParameter(
  { name, node }: { name: Located<string>; node: Typed<ParameterDeclaration> },
  place: string,
  findings: Findings,
): Parameter {
  const parameter = { name, type: text(member(node, 'type'))?.value ?? null, fallback: null }
  const written = member(node, 'default')
  if (written?.kind !== 'scalar') return parameter
  const fallback = checkValue(written.value, parameter)
  if (fallback !== null || isRefused(written) || parameter.type === null)
    return { ...parameter, type: isRefused(written) ? null : parameter.type, fallback }
  findings.report(wrongParameter(`the default of parameter ${quote(name.value)} of ${place}`, written.value, parameter, written.span))
  return { ...parameter, type: null }
}

function checkValue(value: ScalarValue, { type }: Pick<Parameter, 'type'>): VariableValue | null {
  return value !== null && (type === null || typeof value === type) ? value : null
}

/** What was set from the command line is text where the parameter is. */
function valueFor(node: ScalarNode, { type }: Pick<Parameter, 'type'>): ScalarValue {
  return node.origin === 'variable' && type === 'string' ? spell(node) : node.value
}

const TYPE_WORDS: Readonly<Record<string, string>> = { string: 'a string', number: 'a number', boolean: 'true or false' }

function wrongParameter(subject: string, value: ScalarValue, parameter: Parameter, span: Located<string>['span']) {
  const shown = typeof value === 'string' ? `the string ${quote(value)}` : typeof value === 'number' ? `the number ${value}` : String(value)
  return {
    id: 'config/wrong-type',
    message: `${subject} must be ${TYPE_WORDS[parameter.type ?? ''] ?? 'of its type'}, not ${shown}`,
    span,
    notes: [{ message: 'the parameter is declared here', span: parameter.name.span }],
    help: parameter.type === 'string' ? `quote it: ${quote(String(value))}` : null,
  } as const
}

function reportMissing(
  entry: Typed<ServiceEntry>,
  { template, parameter, place }: { template: Template; parameter: Parameter; place: string },
  findings: Findings,
): void {
  const name = quote(parameter.name.value)
  findings.report({
    id: 'config/missing-parameter',
    message: `template ${quote(template.name.value)} needs a value for its parameter ${name} in ${place}`,
    span: text(member(entry, 'extends'))?.span ?? null,
    notes: [{ message: 'the parameter is declared here', span: parameter.name.span }],
    help: `add ${name} under "with"`,
  })
}
