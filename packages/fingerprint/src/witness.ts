import type { IndexFile } from './git-index-file.ts'
import { ascendingLookup } from './packed-table.ts'
import { sortedUnique } from './sorted-paths.ts'

/** Says which files are in the state in which git's index has them, for git has just compared them. */
export interface Witness {
  /**
   * The number by which `isState` knows a path, or -1, for paths in ascending order. Each path has one once: whoever asks again
   * wants to know what is there now.
   */
  readonly lookup: () => (path: string) => number
  /** Whether the file is in the state that `states` has from `at` on, as `statNumbers` gives it. */
  isState(number: number, states: ArrayLike<number>, at: number): boolean
}

/**
 * @param options.prefix what paths of the index start with in the workspace.
 * @param options.changed paths of the workspace that are not as the index has them.
 */
export function createWitness(options: {
  readonly index: IndexFile
  readonly prefix: string
  readonly changed: readonly string[]
}): Witness {
  const { index, prefix } = options
  const changed = new Set(options.changed.map((path) => prefix + path))
  const spent = new Uint8Array(index.paths.length)
  const { paths, numbers } = inCodeUnitOrder(index.paths)
  return {
    lookup: () => {
      const lookup = ascendingLookup(paths)
      return (path) => {
        const place = lookup(prefix === '' ? path : prefix + path)
        const number = place < 0 ? -1 : (numbers?.[place] ?? place)
        if (number < 0 || spent[number] === 1) return -1
        spent[number] = 1
        return changed.size > 0 && changed.has(prefix + path) ? -1 : number
      }
    },
    isState: (number, states, at) => number >= 0 && index.isState(number, states, at),
  }
}

/** git sorts by bytes, which is another order where names have characters beyond 16 bits. */
function inCodeUnitOrder(paths: readonly string[]): { readonly paths: readonly string[]; readonly numbers: readonly number[] | null } {
  const sorted = sortedUnique(paths)
  if (sorted === paths) return { paths, numbers: null }
  const places = new Map(paths.map((path, number) => [path, number]))
  return { paths: sorted, numbers: sorted.map((path) => places.get(path) ?? -1) }
}
