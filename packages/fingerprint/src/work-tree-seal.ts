import type { Digest } from '@orchestrate/core'
import { createDirectoryCheck } from './directory-check.ts'
import { toWorkspacePath } from './file-names.ts'
import { findFile } from './find-file.ts'
import type { GitGlance } from './git-glance.ts'
import type { Ledger } from './ledger.ts'
import { sameState, STAT_NUMBERS, statNumbers } from './stat-row.ts'

/** By what a work tree is known again: while the seal holds, every file that was listed or resolved when it was made is unchanged. */
export interface WorkTreeSeal {
  /** What git said: its index, what was not in the index's state, what was untracked. */
  readonly git: Digest
  /** Paths that git does not speak for, joined by NUL; empty for none. */
  readonly paths: string
  /** STAT_NUMBERS for each of them, NaN where there was nothing. */
  readonly states: Float64Array
}

/** Null when too little is known, or an index without a checksum is so young that it may change unseen. */
export function makeSeal(seen: GitGlance, ledger: Ledger, trustedBefore: number): WorkTreeSeal | null {
  const found = ledger.read()
  if (found === null || !(seen.index.hasChecksum || seen.index.changedAt < trustedBefore)) return null
  const states = new Float64Array(found.size * STAT_NUMBERS).fill(Number.NaN)
  let at = 0
  for (const state of found.values()) {
    if (state !== null) states.set(state, at)
    at += STAT_NUMBERS
  }
  return { git: seen.digest, paths: [...found.keys()].join('\0'), states }
}

export function holds(seal: WorkTreeSeal, root: string, seen: GitGlance): boolean {
  if (seal.git !== seen.digest) return false
  const checkDirectory = createDirectoryCheck(root)
  const paths = seal.paths === '' ? [] : seal.paths.split('\0')
  return paths.every((path, index) => {
    const at = index * STAT_NUMBERS
    const found = findFile(root, toWorkspacePath(path), checkDirectory)
    if (found === null) return Number.isNaN(seal.states[at])
    return !('id' in found) && sameState(statNumbers(found), 0, seal.states, at)
  })
}
