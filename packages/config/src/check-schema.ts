import type { ErrorObject } from 'ajv'
import { explainSchemaError } from './explain-schema-error.ts'
import { createFindings, type Finding, type Findings } from './findings.ts'
import type { BuilderFile, IncludedFile, ServiceEntry } from './generated/builder-file.ts'
import { validateFile, validateIncluded, validateService, type Validator } from './generated/validate.js'
import type { ParsedFile } from './parse-cache.ts'
import { choices, isChoiceOfKeys, isPartOfAnother, schemaOf, typesOf } from './schema-words.ts'
import { type Typed, typed } from './typed-node.ts'
import { checkVersion } from './check-version.ts'
import {
  isRefused,
  type MapNode,
  mapScalars,
  nodeAt,
  spell,
  type PathStep,
  type PlainValue,
  toPlain,
  withoutRefused,
  type YamlNode,
} from './yaml-node.ts'

/**
 * A file against the schema: reports what it refuses and answers with the rest.
 *
 * @param text what the values were read from; null when some were set from elsewhere
 */
export function checkFile(file: ParsedFile, text: string | null, findings: Findings): Typed<BuilderFile> {
  return typed(checkDocument(validateFile, file, text, findings))
}

/** A file that the root includes, as `checkFile`. */
export function checkIncluded(file: ParsedFile, text: string | null, findings: Findings): Typed<IncludedFile> {
  return typed(checkDocument(validateIncluded, file, text, findings))
}

function checkDocument(validate: Validator, { root, plain }: ParsedFile, text: string | null, findings: Findings): YamlNode {
  const version = checkVersion(root)
  if (version.finding !== null) findings.report(version.finding)
  const errors = errorsOf(validate, plain).filter((error) => !isAboutVersion(error))
  // What a newer version means, nobody here knows: nothing more is said of the file.
  return reportSpelled(validate, root, errors, { within: root, text, findings: version.isNewer ? createFindings() : findings })
}

const isAboutVersion = ({ instancePath, keyword, params }: ErrorObject): boolean =>
  instancePath === '/version' || (instancePath === '' && keyword === 'required' && params['missingProperty'] === 'version')

/**
 * A service, its template expanded and its variables replaced, against the schema, as `checkFile`.
 * `within` is a map with the one key `service`: what messages call it.
 */
export function checkService(service: YamlNode, within: MapNode, findings: Findings): Typed<ServiceEntry> {
  const errors = errorsOf(validateService, toPlain(service))
  return typed(reportSpelled(validateService, service, errors, { within, text: null, findings }))
}

/** Numbers of variables and of `--set` become text where text is wanted. */
function reportSpelled(validate: Validator, service: YamlNode, errors: readonly ErrorObject[], report: Report): YamlNode {
  const texts = new Set(errors.filter(wantsText).map((error) => nodeAt(service, pathOf(error, service))))
  const spelled = mapScalars(service, (scalar) =>
    scalar.origin === 'variable' && texts.has(scalar) ? { ...scalar, value: spell(scalar) } : scalar,
  )
  const rest = spelled === service ? errors : errorsOf(validate, toPlain(spelled)).filter((error) => !isAboutVersion(error))
  return reportErrors(spelled, rest, report)
}

interface Report {
  readonly within: MapNode
  readonly text: string | null
  readonly findings: Findings
}

function reportErrors(root: YamlNode, errors: readonly ErrorObject[], { within, text, findings }: Report): YamlNode {
  if (errors.length === 0) return root
  const dropped = new Set<YamlNode>()
  const emptied = new Set<YamlNode>()
  const misspelt = new Map<YamlNode, string>()
  const missing: { readonly finding: Finding; readonly holder: YamlNode | null; readonly keys: readonly string[] }[] = []
  for (const error of errors) {
    const path = pathOf(error, root)
    if (isPartOfAnother(error, errors) || isRefused(nodeAt(root, path))) continue
    const { finding, refused, withKey, meant = null } = explainSchemaError(error, { root, path, within, text })
    const keys = missingKeysOf(error)
    if (keys.length > 0) missing.push({ finding, holder: nodeAt(root, path), keys })
    else findings.report(finding)
    if (refused !== null) (withKey ? dropped : emptied).add(refused)
    if (refused !== null && meant !== null) misspelt.set(refused, meant)
  }
  for (const { finding, holder, keys } of missing) if (!holdsMisspelt(holder, keys, misspelt)) findings.report(finding)
  return withoutRefused(root, { dropped, emptied, misspelt })
}

function missingKeysOf(error: ErrorObject): readonly string[] {
  if (error.keyword === 'required') return [String(error.params['missingProperty'])]
  return isChoiceOfKeys(error) ? choices(error).flatMap((choice) => choice.required ?? []) : []
}

function holdsMisspelt(holder: YamlNode | null, keys: readonly string[], misspelt: ReadonlyMap<YamlNode, string>): boolean {
  const values = holder?.kind === 'map' ? [...holder.entries.values()].map(({ value }) => misspelt.get(value)) : []
  return values.some((meant) => meant !== undefined && keys.includes(meant))
}

function errorsOf(validate: Validator, value: PlainValue): readonly ErrorObject[] {
  return validate(value) ? [] : (validate.errors ?? [])
}

const wantsText = (error: ErrorObject): boolean => error.keyword === 'type' && typesOf(schemaOf(error)).includes('string')

/** The JSON pointer of an error (RFC 6901), with the steps into lists as numbers. */
function pathOf(error: ErrorObject, root: YamlNode): PathStep[] {
  const path: PathStep[] = []
  for (const step of error.instancePath.split('/').slice(1)) {
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~')
    path.push(nodeAt(root, path)?.kind === 'list' ? Number(key) : key)
  }
  return path
}
