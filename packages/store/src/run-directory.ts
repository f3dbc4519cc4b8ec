import { randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Breath } from './breath.ts'
import { type Disk, DiskError, onDisk } from './disk.ts'
import { formatLabel, isDead, parseLabel, type ProcessLabel } from './process-label.ts'
import { removeTree } from './remove-tree.ts'

/** The temporary files of one open store: `tmp/<label of the process>.<random>/`, made when the first one is wanted. */
export interface RunDirectory {
  /** A path in it that was never given before. */
  next(kind: string): string
  /** Removes it with all that is left in it. */
  remove(): Promise<void>
}

export function createRunDirectory(
  root: string,
  label: ProcessLabel,
  options: { readonly disk: Disk; readonly breath: Breath },
): RunDirectory {
  const directory = join(root, 'tmp', `${formatLabel(label)}.${randomBytes(6).toString('hex')}`)
  let count = 0
  let made = false
  return {
    next: (kind) => {
      if (!made) options.disk.makeDirectory(directory, 0o700)
      made = true
      count += 1
      return join(directory, `${kind}-${count}`)
    },
    remove: async () => {
      made = false
      await removeTree(directory, options.breath)
    },
  }
}

/**
 * Removes the temporary files of runs that have ended, never those of a living process or of one that cannot be judged from here.
 * What refuses to go (a mount, a file of another user) is left to a later run.
 */
export async function sweepRuns(root: string, own: ProcessLabel, breath: Breath): Promise<void> {
  const directory = join(root, 'tmp')
  for (const name of onDisk(directory, () => readdirSync(directory))) {
    const label = parseLabel(name)
    if (label === null || !isDead(label, own)) continue
    try {
      await removeTree(join(directory, name), breath)
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
    }
  }
}
