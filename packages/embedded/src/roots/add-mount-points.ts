import { chmodSync, lstatSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { onDisk } from '@orchestrate/store'
import { findInside, type InnerFiles } from '../inner-files.ts'

/** Those of `mountPoints` that a root has nothing for. */
export function missingMountPoints(root: string, mountPoints: readonly string[]): readonly string[] {
  const files: InnerFiles = { root, mounts: [] }
  return mountPoints.filter((path) => findInside(files, path) === null)
}

/**
 * Makes directories in a root that is unpacked already, links followed inside the root.
 * Where something else is in the way nothing is made: the runtime will say so.
 *
 * @throws DiskError
 */
export function addMountPoints(root: string, mountPoints: readonly string[]): void {
  const files: InnerFiles = { root, mounts: [] }
  for (const mountPoint of mountPoints) {
    const segments = mountPoint.split('/').filter((segment) => segment !== '')
    for (const [index, name] of segments.entries()) {
      if (findInside(files, `/${segments.slice(0, index + 1).join('/')}`) !== null) continue
      const parent = findInside(files, `/${segments.slice(0, index).join('/')}`)
      if (parent?.kind !== 'found' || !parent.stats.isDirectory()) break
      const path = join(parent.path, name)
      if (onDisk(path, () => lstatSync(path, { throwIfNoEntry: false })) !== undefined) break
      onDisk(path, () => {
        mkdirSync(path)
        chmodSync(path, 0o755)
      })
    }
  }
}
