import { type Digest, isDigest } from '@orchestrate/core'

/** The members of a JSON object with exactly these keys, or null for any other value. */
export function exactObject<K extends string>(value: unknown, keys: readonly K[]): Readonly<Record<K, unknown>> | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
  const present = Object.keys(value)
  const exact = present.length === keys.length && keys.every((key) => Object.hasOwn(value, key))
  // Every key of K was just found, and no other.
  return exact ? (value as Record<K, unknown>) : null
}

/** Every element parsed, or null when `value` is no array or one element is odd. */
export function listOf<T>(value: unknown, parse: (element: unknown) => T | null): readonly T[] | null {
  if (!Array.isArray(value)) return null
  const parsed: T[] = []
  for (const element of value) {
    const item = parse(element)
    if (item === null) return null
    parsed.push(item)
  }
  return parsed
}

export function isDigestValue(value: unknown): value is Digest {
  return typeof value === 'string' && isDigest(value)
}

export function isDigestOrNull(value: unknown): value is Digest | null {
  return value === null || isDigestValue(value)
}

/** A size or a time: a safe integer that is not negative. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0
}

/** The value that `text` spells, or undefined (which no JSON text spells) when it spells none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
