import type { Span } from '@orchestrate/core'

export interface Place {
  /** Normalised, `/`-separated. */
  readonly path: string
  readonly span: Span
}

export interface Overlap {
  /** Where the finding is shown: the inner of the two, or the later of two equal ones. */
  readonly place: Place
  readonly other: Place
}

/** Places that are equal or lie inside one another, in the order of `places`; each place is named once. */
export function findOverlaps(places: readonly Place[]): Overlap[] {
  if (places.length < 2) return []
  const first = new Map<string, Place>()
  for (const place of places) if (!first.has(place.path)) first.set(place.path, place)
  return places.flatMap((place) => {
    const same = first.get(place.path)
    const other = same !== undefined && same !== place ? same : ancestorsOf(place.path).flatMap((path) => first.get(path) ?? [])[0]
    return other === undefined ? [] : [{ place, other }]
  })
}

function ancestorsOf(path: string): string[] {
  const ancestors = []
  for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) ancestors.push(path.slice(0, end))
  return ancestors
}
