import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { type Digest, parseDigest } from '@orchestrate/core'
import { DiskError, onDisk } from '@orchestrate/store'
import { findRoot } from './find-root.ts'
import { walkRoot } from './walk-root.ts'

/**
 * What a root file system looked like when it was unpacked; kept beside it. Its digest is one over type, mode, size, mtime,
 * ctime, inode, owner and name of everything below the root and of the root itself. Nobody can change, add, remove or replace
 * anything without changing it: the kernel sets ctime, and a directory's with its entries. Contents are not read.
 */
export interface RootState {
  /** Who looked: GNU find (`findRoot`), or this process (`walkRoot`). Both see the same, and write it down differently. */
  readonly by: 'find' | 'walk'
  readonly digest: Digest
}

/**
 * @param root absolute
 * @param find GNU find on this machine, which looks while this process does something else; null where there is none
 * @throws DiskError
 */
export async function measureRoot(root: string, find: string | null): Promise<RootState> {
  const found = find === null ? null : await findRoot(root, find)
  return found === null ? { by: 'walk', digest: await walkRoot(root) } : { by: 'find', digest: found }
}

/** True when everything is as `state` says. What the disk refuses to show is not as it was. */
export async function matchesState(root: string, state: RootState, find: string | null): Promise<boolean> {
  try {
    const digest = state.by === 'walk' ? await walkRoot(root) : find === null ? null : await findRoot(root, find)
    return digest === state.digest
  } catch (error) {
    if (error instanceof DiskError) return false
    throw error
  }
}

/** Written as a whole. @throws DiskError */
export function writeState(file: string, { by, digest }: RootState): void {
  const temporary = `${file}.new`
  onDisk(file, () => {
    writeFileSync(temporary, `${by} ${digest}\n`, { mode: 0o600 })
    renameSync(temporary, file)
  })
}

/** Null for a state that is missing or cannot be understood: the root is unpacked again. */
export function readState(file: string): RootState | null {
  try {
    const [by, text] = onDisk(file, () => readFileSync(file, 'latin1'))
      .trimEnd()
      .split(' ')
    const digest = parseDigest(text ?? '')
    return digest === null || (by !== 'find' && by !== 'walk') ? null : { by, digest }
  } catch (error) {
    if (error instanceof DiskError) return null
    throw error
  }
}
