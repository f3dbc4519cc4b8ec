import { canonicalJson, type CanonicalValue, compareCodeUnits } from '@orchestrate/core'
import { flattenLayers } from './flatten-layers.ts'
import type { ImageContents, ImageEntry } from './inspect-image.ts'

/** How an image differs from another one, layers laid over each other. */
export interface ImageDifference {
  /** Sorted by path. */
  readonly files: readonly FileDifference[]
  /** Fields of the config, sorted by name: `Entrypoint`, `Env`, …; null where one has it not. */
  readonly config: readonly { readonly field: string; readonly before: string | null; readonly after: string | null }[]
}

export interface FileDifference {
  readonly path: string
  readonly before: ImageEntry | null
  readonly after: ImageEntry | null
}

export function compareImages(before: ImageContents, after: ImageContents): ImageDifference {
  const [old, fresh] = [flattenLayers(before.layers), flattenLayers(after.layers)]
  const paths = [...new Set([...old.keys(), ...fresh.keys()])].toSorted(compareCodeUnits)
  const files = paths.flatMap((path) => {
    const pair = { path, before: old.get(path) ?? null, after: fresh.get(path) ?? null }
    return pair.before !== null && pair.after !== null && isSame(pair.before, pair.after) ? [] : [pair]
  })
  return { files, config: compareConfigs(before, after) }
}

function isSame(a: ImageEntry, b: ImageEntry): boolean {
  return a.type === b.type && a.mode === b.mode && a.uid === b.uid && a.gid === b.gid && a.digest === b.digest && a.target === b.target
}

function compareConfigs(before: ImageContents, after: ImageContents): ImageDifference['config'] {
  const [old, fresh] = [fieldsOf(before), fieldsOf(after)]
  const fields = [...new Set([...old.keys(), ...fresh.keys()])].toSorted(compareCodeUnits)
  return fields
    .map((field) => ({ field, before: old.get(field) ?? null, after: fresh.get(field) ?? null }))
    .filter((pair) => pair.before !== pair.after)
}

function fieldsOf({ config: { process, ...rest } }: ImageContents): ReadonlyMap<string, string> {
  // JSON that was parsed holds nothing but canonical values, except for fractions, which no config has.
  return new Map(Object.entries({ ...rest, ...process }).map(([name, value]) => [name, canonicalJson(value as CanonicalValue)]))
}
