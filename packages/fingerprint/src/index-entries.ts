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

/** The paths alone of `git ls-files -s -z`, in git's order, each once, submodules apart. */
export function parseTrackedPaths(output: Buffer): { readonly files: readonly string[]; readonly submodules: readonly string[] } {
  const files: string[] = []
  const submodules: string[] = []
  for (const line of decodeNames(output)) {
    const path = line.slice(line.indexOf('\t') + 1)
    const list = line.startsWith('160000') ? submodules : files
    // The stages of a merge conflict follow each other.
    if (list.at(-1) !== path) list.push(path)
  }
  return { files, submodules }
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
