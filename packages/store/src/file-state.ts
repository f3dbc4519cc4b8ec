import { closeSync, fstatSync, lstatSync, openSync, readFileSync, type Stats } from 'node:fs'
import { DiskError, onDisk } from './disk.ts'

/** What a file's content hangs on: inode, size, mtime and ctime (milliseconds). Any write changes the ctime, which nobody can set. */
export type FileState = readonly [inode: number, size: number, mtimeMs: number, ctimeMs: number]

export const STATE_NUMBERS = 4

export const stateOf = (stats: Stats): FileState => [stats.ino, stats.size, stats.mtimeMs, stats.ctimeMs]

/** Whether the regular file at `path` is in the state that `states` has from `at` on. */
export function isInState(path: string, states: ArrayLike<number>, at: number): boolean {
  const stats = onDisk(path, () => lstatSync(path, { throwIfNoEntry: false }))
  if (stats === undefined || !stats.isFile()) return false
  return stats.ctimeMs === states[at + 3] && stats.ino === states[at] && stats.size === states[at + 1] && stats.mtimeMs === states[at + 2]
}

/** A file's bytes with its state, or null for whatever the disk refuses. */
export function readWithState(path: string): { readonly content: Buffer; readonly state: FileState } | null {
  try {
    const descriptor = onDisk(path, () => openSync(path, 'r'))
    try {
      return onDisk(path, () => ({ state: stateOf(fstatSync(descriptor)), content: readFileSync(descriptor) }))
    } finally {
      closeSync(descriptor)
    }
  } catch (error) {
    if (error instanceof DiskError) return null
    throw error
  }
}
