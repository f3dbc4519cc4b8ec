import type { ErrorObject } from 'ajv'
import { explainSchemaError } from './explain-schema-error.ts'
import type { Findings } from './findings.ts'
import type { BuilderFile, ServiceEntry } from './generated/builder-file.ts'
import { validateFile, validateService, type Validator } from './generated/validate.js'
import type { ParsedFile } from './parse-cache.ts'
import { isPartOfAnother, schemaOf, typesOf } from './schema-words.ts'
import { type Typed, typed } from './typed-node.ts'
import {
  isRefused,
  type MapNode,
  mapScalars,
  nodeAt,
  type PathStep,
  type PlainValue,
  toPlain,
  withoutRefused,
  type YamlNode,
} from './yaml-node.ts'

/** A file against the schema: reports what it refuses and answers with the rest. */
export function checkFile({ root, plain }: ParsedFile, text: string, findings: Findings): Typed<BuilderFile> {
  const errors = errorsOf(validateFile, plain)
  return typed(reportErrors(root, errors, { within: root, text, findings }))
}

/**
 * A service, its template expanded and its variables replaced, against the schema, as `checkFile`.
 * `within` is a map with the one key `service`: what messages call it.
 */
export function checkService(service: YamlNode, within: MapNode, findings: Findings): Typed<ServiceEntry> {
  const errors = errorsOf(validateService, toPlain(service))
  const texts = new Set(errors.filter(wantsText).map((error) => nodeAt(service, pathOf(error, service))))
  const spelled = mapScalars(service, (scalar) =>
    scalar.origin === 'variable' && texts.has(scalar) ? { ...scalar, value: String(scalar.value) } : scalar,
  )
  const rest = spelled === service ? errors : errorsOf(validateService, toPlain(spelled))
  return typed(reportErrors(spelled, rest, { within, text: null, findings }))
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
  for (const error of errors) {
    const path = pathOf(error, root)
    if (isPartOfAnother(error, errors) || isRefused(nodeAt(root, path))) continue
    const { finding, refused, withKey } = explainSchemaError(error, { root, path, within, text })
    findings.report(finding)
    if (refused !== null) (withKey ? dropped : emptied).add(refused)
  }
  return withoutRefused(root, { dropped, emptied })
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
