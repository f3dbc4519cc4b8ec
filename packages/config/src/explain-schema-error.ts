import { compareCodeUnits, type Span } from '@orchestrate/core'
import type { ErrorObject } from 'ajv'
import type { Finding } from './findings.ts'
import { inPlace, placeName } from './place-name.ts'
import { quote, quoteAlternatives } from './quote.ts'
import { acceptsText, choices, expected, found, isChoiceOfKeys, schemaOf } from './schema-words.ts'
import { nearest, suggest } from './suggest.ts'
import { nodeAt, type PathStep, type YamlNode } from './yaml-node.ts'

/** What an error is about. */
export interface Subject {
  readonly root: YamlNode
  readonly path: readonly PathStep[]
  /** What the words of a message start from. */
  readonly within: YamlNode
  /** The text of the file, for quoting what was written; null when the values come from several files. */
  readonly text: string | null
}

export interface Explained {
  readonly finding: Finding
  /** The value that everything after this check does without, or null where only something is missing. */
  readonly refused: YamlNode | null
  /** Whether its key goes with it. */
  readonly withKey: boolean
  /** The key that a misspelt one stands for: it counts as written, so that nobody misses it too. */
  readonly meant?: string | null
}

/** An error of the schema's validator as a finding in the user's words. */
export function explainSchemaError(error: ErrorObject, subject: Subject): Explained {
  if (error.propertyName !== undefined) return invalidName(error.propertyName, error, subject)
  const node = nodeAt(subject.root, subject.path)
  const span = node?.span ?? subject.root.span
  switch (error.keyword) {
    case 'additionalProperties':
      return unknownKey(error, subject)
    case 'false schema':
      return conflict(error, subject)
    case 'required':
    case 'dependentRequired':
      return { finding: missingKey(String(error.params['missingProperty']), error, subject), refused: null, withKey: false }
    case 'oneOf':
    case 'anyOf':
      if (isChoiceOfKeys(error)) return { finding: wrongChoice(error, subject), refused: null, withKey: false }
      return { finding: invalidValue(error, subject, node, span), refused: node, withKey: false }
    case 'type':
      return { finding: wrongType(error, subject, node, span), refused: node, withKey: false }
    default:
      return { finding: invalidValue(error, subject, node, span), refused: node, withKey: false }
  }
}

function unknownKey(error: ErrorObject, subject: Subject): Explained {
  const key = String(error.params['additionalProperty'])
  const known = Object.keys(schemaOf(error)['properties'] ?? {}).toSorted(compareCodeUnits)
  return {
    finding: {
      id: 'config/unknown-key',
      message: `unknown key ${quote(key)}${inPlace(subject.within, subject.path)}`,
      span: spanOfKey(subject, key),
      help: suggest(key, known, 'keys'),
    },
    refused: nodeAt(subject.root, [...subject.path, key]),
    withKey: true,
    meant: nearest(key, known),
  }
}

function invalidName(name: string, error: ErrorObject, subject: Subject): Explained {
  const message = `${quote(name)}${inPlace(subject.within, subject.path)} must be ${expected(schemaOf(error))}`
  return {
    finding: { id: 'config/invalid-name', message, span: spanOfKey(subject, name) },
    refused: nodeAt(subject.root, [...subject.path, name]),
    withKey: true,
  }
}

/** `dependentSchemas/FIRST/properties/SECOND` is how the schema says that two keys exclude each other. */
function conflict(error: ErrorObject, subject: Subject): Explained {
  const second = String(subject.path.at(-1))
  const first = /\/dependentSchemas\/([^/]+)\/properties\//.exec(error.schemaPath)?.[1] ?? second
  const container = subject.path.slice(0, -1)
  return {
    finding: {
      id: 'config/conflicting-keys',
      message: `${quote(first)} and ${quote(second)} cannot stand together${inPlace(subject.within, container)}`,
      span: spanOfKey({ ...subject, path: container }, second),
      notes: [{ message: `${quote(first)} is written here`, span: spanOfKey({ ...subject, path: container }, first) }],
      help: 'keep one of them',
    },
    refused: nodeAt(subject.root, subject.path),
    withKey: true,
  }
}

function missingKey(key: string, error: ErrorObject, subject: Subject): Finding {
  const place = inPlace(subject.within, subject.path)
  if (error.keyword === 'required')
    return { id: 'config/missing-key', message: `missing key ${quote(key)}${place}`, span: spanOfHolder(subject) }
  const present = String(error.params['property'])
  return {
    id: 'config/missing-key',
    message: `missing key ${quote(key)} beside ${quote(present)}${place}`,
    span: spanOfKey(subject, present),
    help: key === 'workspace' ? 'toolchains and templates belong into the root builder.yaml' : null,
  }
}

/** One of several keys must be there, and with `oneOf` no second one. */
function wrongChoice(error: ErrorObject, subject: Subject): Finding {
  const keys = choices(error).flatMap((choice) => choice.required ?? [])
  const node = nodeAt(subject.root, subject.path)
  const present = node?.kind === 'map' ? keys.filter((key) => node.entries.has(key)) : []
  const [first, second] = present
  if (first !== undefined && second !== undefined) {
    return {
      id: 'config/conflicting-keys',
      message: `${quote(first)} and ${quote(second)} cannot stand together${inPlace(subject.within, subject.path)}`,
      span: spanOfKey(subject, second),
      notes: [{ message: `${quote(first)} is written here`, span: spanOfKey(subject, first) }],
      help: 'keep one of them',
    }
  }
  const message = `missing key${inPlace(subject.within, subject.path)}: one of ${quoteAlternatives(keys)}`
  return { id: 'config/missing-key', message, span: spanOfHolder(subject) }
}

function wrongType(error: ErrorObject, subject: Subject, node: YamlNode | null, span: Span): Finding {
  const schema = schemaOf(error)
  const isNumberOrFlag = node?.kind === 'scalar' && (typeof node.value === 'number' || typeof node.value === 'boolean')
  const written =
    subject.text === null ? (node?.kind === 'scalar' ? String(node.value) : '') : subject.text.slice(span.offset, span.offset + span.length)
  return {
    id: 'config/wrong-type',
    message: `${nameOf(subject)} must be ${expected(schema)}, not ${found(node, written)}`,
    span: span.length > 0 ? span : spanOfHolder(subject),
    help: isNumberOrFlag && acceptsText(schema, written) ? `quote it: ${quote(written)}` : null,
  }
}

function invalidValue(error: ErrorObject, subject: Subject, node: YamlNode | null, span: Span): Finding {
  const schema = schemaOf(error)
  const values = (schema['enum'] ?? choices(error).find((choice) => choice.enum)?.enum ?? []).filter((value) => typeof value === 'string')
  const written = node?.kind === 'scalar' ? String(node.value) : ''
  const near = nearest(written, values)
  return {
    id: 'config/invalid-value',
    message: `${nameOf(subject)} must be ${expected(schema)}, not ${found(node, written)}`,
    span,
    help: near === null ? null : `did you mean ${quote(near)}?`,
  }
}

/** The subject of a sentence: `"ports" of the image of service "api"`, or the file. */
function nameOf(subject: Subject): string {
  return placeName(subject.within, subject.path) || 'the file'
}

function spanOfKey(subject: Subject, key: string): Span {
  const holder = nodeAt(subject.root, subject.path)
  return (holder?.kind === 'map' && holder.entries.get(key)?.keySpan) || spanOfHolder(subject)
}

/** The key that holds the value, or the beginning of a list item or file. */
function spanOfHolder(subject: Subject): Span {
  const container = nodeAt(subject.root, subject.path.slice(0, -1))
  const key = subject.path.at(-1)
  if (container?.kind === 'map' && key !== undefined) return container.entries.get(String(key))?.keySpan ?? container.span
  const node = nodeAt(subject.root, subject.path) ?? subject.root
  const first = node.kind === 'map' ? [...node.entries.values()][0] : undefined
  return first?.keySpan ?? { ...node.span, length: Math.min(node.span.length, 1) }
}
