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
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw new Error(`not a safe integer: ${value}`)
    return String(value)
  }
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (isList(value)) return `[${value.map(canonicalJson).join(',')}]`
  const members = Object.keys(value)
    .toSorted(compareCodeUnits)
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key] ?? null)}`)
  return `{${members.join(',')}}`
}

function isList(value: object): value is readonly CanonicalValue[] {
  return Array.isArray(value)
}
