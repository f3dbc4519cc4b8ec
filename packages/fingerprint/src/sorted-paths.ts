import { compareCodeUnits } from '@orchestrate/core'

/** Index of the first item of `paths` (sorted by code unit) that is not below `bound`. */
export function lowerBound(paths: readonly string[], bound: string): number {
  let low = 0
  let high = paths.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((paths[middle] ?? '') < bound) low = middle + 1
    else high = middle
  }
  return low
}

/** The half-open range of what lies below `directory` (the empty string: everything). */
export function rangeBelow(paths: readonly string[], directory: string): { readonly from: number; readonly to: number } {
  if (directory === '') return { from: 0, to: paths.length }
  // "0" is the code unit after "/".
  return { from: lowerBound(paths, `${directory}/`), to: lowerBound(paths, `${directory}0`) }
}

/** Index of `path`, or -1. */
export function indexOfPath(paths: readonly string[], path: string): number {
  const index = lowerBound(paths, path)
  return paths[index] === path ? index : -1
}

/** `paths` in code-unit order without duplicates; the array itself when it is that already. */
export function sortedUnique<P extends string>(paths: readonly P[]): readonly P[] {
  if (paths.every((path, index) => index === 0 || (paths[index - 1] ?? '') < path)) return paths
  const sorted = paths.toSorted(compareCodeUnits)
  return sorted.filter((path, index) => path !== sorted[index - 1])
}
