import { realpathSync } from 'node:fs'
import { digestHex, digestOf } from '@orchestrate/core'
import { DiskError, onDisk } from './disk.ts'

/** The directory name under which a workspace's state and logs lie: 16 hexadecimal digits of the digest of its root's real path. */
export function workspaceKey(root: string): string {
  return digestHex(digestOf(realPath(root))).slice(0, 16)
}

/** A root that is not there (any more) stands for itself. */
function realPath(root: string): string {
  try {
    return onDisk(root, () => realpathSync(root))
  } catch (error) {
    if (error instanceof DiskError) return root
    throw error
  }
}
