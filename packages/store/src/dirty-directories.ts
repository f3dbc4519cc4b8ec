import type { Disk } from './disk.ts'
import { syncPath } from './durable-file.ts'
import { eachAtOnce } from './each-at-once.ts'

/** The file system commits together what is asked for together. */
const SYNCS_AT_ONCE = 16

/**
 * Directories that got a new name which a later record may count on. They are synced together, each once, before that record is written:
 * a thousand blobs cost at most as many syncs as there are directories.
 */
export interface DirtyDirectories {
  add(path: string): void
  /**
   * Returns when everything that was added before the call is on the disk, also what another call has begun to sync.
   *
   * @throws DiskError; what was not synced stays dirty.
   */
  sync(): Promise<void>
}

export function createDirtyDirectories(disk: Disk): DirtyDirectories {
  let dirty = new Set<string>()
  let last: Promise<void> = Promise.resolve()
  const syncAll = async (): Promise<void> => {
    const left = dirty
    dirty = new Set()
    try {
      await eachAtOnce([...left].toSorted(), SYNCS_AT_ONCE, async (path) => {
        await syncPath(disk, path)
        left.delete(path)
      })
    } finally {
      for (const path of left) dirty.add(path)
    }
  }
  return {
    add: (path) => void dirty.add(path),
    // One after the other, and again after one that failed: its directories are dirty still.
    sync: () => {
      last = last.then(syncAll, syncAll)
      return last
    },
  }
}
