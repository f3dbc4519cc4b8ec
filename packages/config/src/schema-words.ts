import type { ErrorObject } from 'ajv'
import { quote } from './quote.ts'
import type { PlainValue, YamlNode } from './yaml-node.ts'

/** The parts of ajv's errors that this module reads. */
export interface SchemaPart {
  readonly type?: string | readonly string[]
  readonly pattern?: string
  readonly enum?: readonly PlainValue[]
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, unknown>>
  readonly oneOf?: readonly SchemaPart[]
  readonly anyOf?: readonly SchemaPart[]
  readonly 'x-expected'?: string
}

export const schemaOf = (error: ErrorObject): SchemaPart => (error.parentSchema ?? {}) as SchemaPart

export const choices = (error: ErrorObject): readonly SchemaPart[] => schemaOf(error)[error.keyword === 'oneOf' ? 'oneOf' : 'anyOf'] ?? []

export const isChoiceOfKeys = (error: ErrorObject): boolean => choices(error).some((choice) => choice.required)

export const typesOf = (schema: SchemaPart): readonly string[] => (typeof schema.type === 'string' ? [schema.type] : (schema.type ?? []))

/** The validator reports every branch of a choice and the inside of every name; the choice itself says it better. */
export function isPartOfAnother(error: ErrorObject, all: readonly ErrorObject[]): boolean {
  if (error.keyword === 'propertyNames') return true
  if (error.keyword === 'oneOf' || error.keyword === 'anyOf') {
    // A choice of keys has nothing to say about what is no map at all.
    return (
      isChoiceOfKeys(error) &&
      all.some(
        (other) =>
          other.instancePath === error.instancePath && (other.keyword === 'type' || other.keyword === 'pattern') && !isBranch(other),
      )
    )
  }
  return isBranch(error)
}

const isBranch = (error: ErrorObject): boolean => /\/(?:anyOf|oneOf)\/\d+\//.test(error.schemaPath)

/** Whether `text` in quotes would be accepted. */
export function acceptsText(schema: SchemaPart, text: string): boolean {
  return typesOf(schema).includes('string') && (schema.pattern === undefined || new RegExp(schema.pattern, 'u').test(text))
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: 'a string',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
}

export function expected(schema: SchemaPart): string {
  return (
    schema['x-expected'] ??
    typesOf(schema)
      .map((type) => TYPE_WORDS[type] ?? type)
      .join(' or ')
  )
}

export function found(node: YamlNode | null, written: string): string {
  if (node === null) return 'nothing'
  if (node.kind !== 'scalar') return node.kind === 'list' ? 'a list' : 'a map'
  if (node.value === null) return 'nothing'
  if (typeof node.value === 'number') return `the number ${written}`
  return typeof node.value === 'boolean' ? String(node.value) : `the string ${quote(node.value)}`
}
