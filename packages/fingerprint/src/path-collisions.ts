import { indexOfPath } from './sorted-paths.ts'

/**
 * Pairs of `paths` (sorted by code unit) that are one file where names are compared without case or in Unicode normal form C,
 * as macOS and Windows do. Of three such names the first is paired with each other one.
 */
export function findCollisions<P extends string>(paths: readonly P[]): readonly (readonly [P, P])[] {
  const pairs: [P, P][] = []
  const byFold = new Map<string, P>()
  // Of two names that collide, at least one has a character that folding may change.
  for (const path of paths) {
    if (!FOLDABLE.test(path)) continue
    const folded = fold(path)
    const plain = folded === path ? undefined : paths[indexOfPath(paths, folded)]
    const other = plain ?? byFold.get(folded)
    if (other === undefined) byFold.set(folded, path)
    else pairs.push(other < path ? [other, path] : [path, other])
  }
  return pairs
}

const FOLDABLE = /[A-Z\u0080-\uffff]/

function fold(path: string): string {
  return path.normalize('NFC').toLowerCase().normalize('NFC')
}
