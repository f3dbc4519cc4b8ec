/** The engine answered something that the Docker Engine API does not promise. */
export class UnexpectedAnswer extends Error {
  override readonly name = 'UnexpectedAnswer'
}

/** Parsed JSON of the engine, of which nothing is known yet. */
export type JsonValue = unknown

/** What lies at `path`, or undefined. */
export function valueAt(value: JsonValue, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, key) => (isObject(inner) && Object.hasOwn(inner, key) ? inner[key] : undefined), value)
}

/** @throws UnexpectedAnswer when there is no text at `path`. */
export function textAt(value: JsonValue, ...path: readonly string[]): string {
  const found = valueAt(value, ...path)
  if (typeof found !== 'string') throw new UnexpectedAnswer(`no text at "${path.join('.')}" of the engine's answer`)
  return found
}

/** The text at `path`, or null when it is absent or empty: the API writes unset texts as ''. */
export function optionalTextAt(value: JsonValue, ...path: readonly string[]): string | null {
  const found = valueAt(value, ...path)
  return typeof found === 'string' && found !== '' ? found : null
}

/** @throws UnexpectedAnswer when there is no number at `path`. */
export function numberAt(value: JsonValue, ...path: readonly string[]): number {
  const found = valueAt(value, ...path)
  if (typeof found !== 'number') throw new UnexpectedAnswer(`no number at "${path.join('.')}" of the engine's answer`)
  return found
}

/** The list at `path`; empty where the API wrote null or nothing. */
export function listAt(value: JsonValue, ...path: readonly string[]): readonly unknown[] {
  const found = valueAt(value, ...path)
  return Array.isArray(found) ? found : []
}

/** The texts of the list at `path`; everything else in it is left out. */
export function textsAt(value: JsonValue, ...path: readonly string[]): readonly string[] {
  return listAt(value, ...path).filter((item) => typeof item === 'string')
}

function isObject(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null
}
