import { compareCodeUnits } from './compare.ts'

/**
 * The candidate that a misspelt `name` most likely meant, or null when none is near:
 * at most a third of the longer name may differ (insertions, deletions, substitutions and swaps of neighbours count one each).
 * Ties go to the one of the more similar length, then to the first in code-unit order.
 */
export function closest(name: string, candidates: Iterable<string>): string | null {
  let best: string | null = null
  let least = Number.POSITIVE_INFINITY
  for (const candidate of candidates) {
    const limit = Math.min(least, Math.max(1, Math.floor(Math.max(name.length, candidate.length) / 3)))
    if (Math.abs(name.length - candidate.length) > limit) continue
    const distance = editDistance(name, candidate, limit)
    if (distance > limit || (distance === least && best !== null && !isPreferred(candidate, best, name))) continue
    best = candidate
    least = distance
  }
  return best
}

function isPreferred(a: string, b: string, name: string): boolean {
  const difference = Math.abs(a.length - name.length) - Math.abs(b.length - name.length)
  return (difference || compareCodeUnits(a, b)) < 0
}

/** The optimal string alignment distance, or some number above `limit` once it cannot be at most that. */
function editDistance(a: string, b: string, limit: number): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const substitution = (last[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1)
      const distance = Math.min(substitution, (last[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1)
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      current.push(swapped ? Math.min(distance, (beforeLast[column - 2] ?? 0) + 1) : distance)
    }
    if (Math.min(...current) > limit && Math.min(...last) > limit) return limit + 1
    beforeLast = last
    last = current
  }
  return last[b.length] ?? 0
}
