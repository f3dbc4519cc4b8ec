import { canonicalJson, type CanonicalValue } from '@orchestrate/core'
import { MANIFEST_SCHEMAS } from '@orchestrate/fingerprint'

/** The manifest of a fingerprint as it was stored, taken apart for comparison. */
export interface StoredManifest {
  readonly facts: Readonly<Record<string, CanonicalValue>>
  /** Path to mode and digest. */
  readonly inputs: ReadonlyMap<string, string>
  /** Place (canonical JSON) to content. */
  readonly needs: ReadonlyMap<string, string>
}

/** Null for text that is not a manifest of this schema: another version of orchestrate wrote it. */
export function parseManifest(text: string): StoredManifest | null {
  const value = parseJson(text)
  if (!isRecord(value) || value['schema'] !== MANIFEST_SCHEMAS.fingerprint) return null
  const { facts, inputs, needs } = value
  if (!isRecord(facts) || !Array.isArray(inputs) || !Array.isArray(needs)) return null
  return { facts, inputs: new Map(inputs.flatMap(parseInput)), needs: new Map(needs.flatMap(parseNeed)) }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

function parseInput(value: unknown): readonly (readonly [string, string])[] {
  if (!Array.isArray(value)) return []
  const [path, mode, digest] = value.map(String)
  return path === undefined ? [] : [[path, `${mode} ${digest}`]]
}

function parseNeed(value: unknown): readonly (readonly [string, string])[] {
  if (!isRecord(value)) return []
  const { content, ...place } = value
  return typeof content === 'string' ? [[canonicalJson(place), content]] : []
}

/** JSON.parse gives nothing but canonical values, except for numbers with a fraction, which no manifest has. */
function isRecord(value: unknown): value is Record<string, CanonicalValue> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
