import { decodeNames } from './file-names.ts'

/** One entry of git's index or of a tree object. */
export interface IndexEntry {
  /** `100644`, `100755`, `120000` (symlink), `160000` (submodule). */
  readonly mode: string
  /** Object id in hexadecimal, of whichever length the repository uses. */
  readonly oid: string
  /** 0; 1 to 3 in a merge conflict. */
  readonly stage: number
  readonly path: string
}

/**
 * Parses `git ls-files -s -z`: `<mode> SP <object> SP <stage> TAB <path> NUL`.
 * @see https://git-scm.com/docs/git-ls-files#_output
 */
export function parseIndexEntries(output: Buffer): IndexEntry[] {
  return decodeNames(output).map((line) => {
    const tab = line.indexOf('\t')
    return { mode: line.slice(0, 6), oid: line.slice(7, tab - 2), stage: Number(line.slice(tab - 1, tab)), path: line.slice(tab + 1) }
  })
}

export interface TrackedPaths {
  readonly files: readonly string[]
  readonly submodules: readonly string[]
}

/**
 * Takes the output of `git ls-files -s -z` piece by piece, as it may have 100 bytes for each of a million files;
 * `finish` gives the paths alone, in git's order, each once, submodules apart.
 */
export function createTrackedPaths(): { feed(piece: Buffer): void; finish(): TrackedPaths } {
  const files: string[] = []
  const submodules: string[] = []
  let pending: Buffer = Buffer.alloc(0)
  const take = (records: Buffer): void => {
    for (const line of decodeNames(records)) {
      const path = line.slice(line.indexOf('\t') + 1)
      const list = line.startsWith('160000') ? submodules : files
      // The stages of a merge conflict follow each other.
      if (list.at(-1) !== path) list.push(path)
    }
  }
  const feed = (piece: Buffer): void => {
    const end = piece.lastIndexOf(0) + 1
    if (end > 0) take(Buffer.concat([pending, piece.subarray(0, end)]))
    pending = end > 0 ? piece.subarray(end) : Buffer.concat([pending, piece])
  }
  return { feed, finish: () => ({ files, submodules }) }
}

/**
 * Parses `git ls-tree -r -z`: `<mode> SP <type> SP <object> TAB <path> NUL`.
 * @see https://git-scm.com/docs/git-ls-tree#_output_format
 */
export function parseTreeEntries(output: Buffer): IndexEntry[] {
  return decodeNames(output).map((line) => {
    const tab = line.indexOf('\t')
    return { mode: line.slice(0, 6), oid: line.slice(line.lastIndexOf(' ', tab) + 1, tab), stage: 0, path: line.slice(tab + 1) }
  })
}
