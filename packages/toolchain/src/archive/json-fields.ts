import { type Digest, isDigest } from '@orchestrate/core'
import { invalid } from './archive-fault.ts'

export type JsonObject = Readonly<Record<string, unknown>>

/** @throws ArchiveFault when `text` is no JSON object. */
export function parseObject(text: string, what: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text)
    if (isObject(value)) return value
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  throw invalid(`${what} is not a JSON object`)
}

export const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value)

/** @throws ArchiveFault when there is something else than a list. */
export function objects(holder: JsonObject, key: string, what: string): readonly JsonObject[] {
  const value = holder[key]
  if (!Array.isArray(value) || !value.every(isObject)) throw invalid(`"${key}" of ${what} is not a list of objects`)
  return value
}

/** Empty where the list is null or absent. @throws ArchiveFault for what is no list of strings. */
export function strings(holder: JsonObject, key: string, what: string): readonly string[] {
  const value = holder[key] ?? []
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string'))
    throw invalid(`"${key}" of ${what} is not a list of strings`)
  return value
}

/** Null where it is absent or empty, as engines write what is not set. */
export function optionalString(holder: JsonObject, key: string): string | null {
  const value = holder[key]
  return typeof value === 'string' && value !== '' ? value : null
}

/** @throws ArchiveFault */
export function digestIn(value: unknown, what: string): Digest {
  if (typeof value === 'string' && isDigest(value)) return value
  throw invalid(`${what} has no sha256 digest`)
}
