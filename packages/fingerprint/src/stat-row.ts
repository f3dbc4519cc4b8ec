import type { Stats } from 'node:fs'
import type { InventoryEntry } from './inventory.ts'

/** What a file's state is known by: size, mtime, ctime (milliseconds with a fraction), inode, mode. */
export const STAT_NUMBERS = 5

export function statNumbers(stat: Stats): readonly number[] {
  return [stat.size, stat.mtimeMs, stat.ctimeMs, stat.ino, stat.mode]
}

/** Whether the rows that begin at `a` of `left` and at `b` of `right` tell of one state. */
export function sameState(left: ArrayLike<number>, a: number, right: ArrayLike<number>, b: number): boolean {
  for (let at = 0; at < STAT_NUMBERS; at += 1) if (left[a + at] !== right[b + at]) return false
  return true
}

const TYPE_BITS = 0o170000
const SYMLINK_TYPE = 0o120000

export function entryMode(mode: number): InventoryEntry['mode'] {
  if ((mode & TYPE_BITS) === SYMLINK_TYPE) return 'symlink'
  // git, too, goes by the owner's bit.
  return (mode & 0o100) === 0 ? 'file' : 'executable'
}
