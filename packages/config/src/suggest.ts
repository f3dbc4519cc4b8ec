import { compareCodeUnits } from '@orchestrate/core'
import { quote } from './quote.ts'

const LONGEST = 64
const LISTED = 16

/**
 * Help for a name that is not among `known`: the nearest one when it is near enough to be a slip of the fingers,
 * otherwise all of them (as `the known <noun> are …` or `the only one known is …`), or null when there is nothing to offer.
 */
export function suggest(name: string, known: Iterable<string>, noun: string): string | null {
  const candidates = [...known].toSorted(compareCodeUnits)
  const near = nearest(name, candidates)
  if (near !== null) return `did you mean ${quote(near)}?`
  if (candidates.length === 0) return null
  if (candidates.length === 1) return `the only one known is ${candidates.map(quote).join()}`
  const rest = candidates.length - LISTED
  return `the known ${noun} are ${candidates.slice(0, LISTED).map(quote).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`
}

/** The candidate at the least edit distance, when that is at most a third of the name's length. */
export function nearest(name: string, candidates: readonly string[]): string | null {
  if (name.length > LONGEST) return null
  let best: string | null = null
  let least = Math.max(1, Math.floor(name.length / 3)) + 1
  for (const candidate of candidates) {
    if (candidate.length > LONGEST || Math.abs(candidate.length - name.length) >= least) continue
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase())
    if (distance < least) [best, least] = [candidate, distance]
  }
  return best
}

/** Optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1]
      let cost = Math.min((last[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1, (last[column - 1] ?? 0) + (same ? 0 : 1))
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        cost = Math.min(cost, (beforeLast[column - 2] ?? 0) + 1)
      }
      current.push(cost)
    }
    ;[beforeLast, last] = [last, current]
  }
  return last[b.length] ?? 0
}
