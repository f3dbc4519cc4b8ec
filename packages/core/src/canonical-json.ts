import { compareCodeUnits } from './compare.ts'

/** What may be hashed: no floats, no undefined, no dates. */
export type CanonicalValue = null | boolean | number | string | readonly CanonicalValue[] | { readonly [key: string]: CanonicalValue }

/**
 * The one encoding of everything that is hashed: keys in code-unit order, no white space, safe integers only.
 * A subset of RFC 8785 (JSON Canonicalization Scheme).
 *
 * @throws when a number is not a safe integer (a bug of the caller).
 */
export function canonicalJson(value: CanonicalValue): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'number') return writeNumber(value)
  if (value === null || typeof value === 'boolean') return String(value)
  return isList(value) ? writeList(value) : writeObject(value)
}

function writeNumber(value: number): string {
  if (!Number.isSafeInteger(value)) throw new Error(`not a safe integer: ${value}`)
  return String(value)
}

/** Text is appended, not joined: a plan of a thousand targets encodes some ten thousand small values before it answers. */
function writeList(values: readonly CanonicalValue[]): string {
  let text = ''
  for (const value of values) text += (text === '' ? '[' : ',') + canonicalJson(value)
  return text === '' ? '[]' : `${text}]`
}

function writeObject(value: { readonly [key: string]: CanonicalValue }): string {
  let text = ''
  for (const key of sortedKeys(value)) text += `${text === '' ? '{' : ','}${JSON.stringify(key)}:${canonicalJson(value[key] ?? null)}`
  return text === '' ? '{}' : `${text}}`
}

/** Most objects are written down in order already. */
function sortedKeys(value: object): readonly string[] {
  const keys = Object.keys(value)
  const isSorted = keys.every((key, index) => index === 0 || compareCodeUnits(keys[index - 1] ?? '', key) < 0)
  return isSorted ? keys : keys.toSorted(compareCodeUnits)
}

function isList(value: object): value is readonly CanonicalValue[] {
  return Array.isArray(value)
}
