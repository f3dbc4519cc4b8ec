import { chmodSync, lstatSync, readdirSync, rmdirSync, unlinkSync } from 'node:fs'
import { onDisk } from './disk.ts'
import type { Breath } from './breath.ts'

/**
 * Removes a file or directory with everything below it: also directories without any permission and names that are not UTF-8.
 * Never follows a link and never crosses into another file system, so that a forgotten mount keeps its content.
 *
 * @throws DiskError, for example EBUSY for a directory that holds a mount.
 */
export async function removeTree(path: string, breath: Breath): Promise<void> {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  if (stats !== undefined) await remove(Buffer.from(path), stats.dev, breath)
}

async function remove(path: Buffer, device: number, breath: Breath): Promise<void> {
  if (breath.due()) await breath.take()
  const stats = onDisk(String(path), () => lstatSync(path))
  if (!stats.isDirectory()) return onDisk(String(path), () => unlinkSync(path))
  if (stats.dev === device) {
    if ((stats.mode & 0o700) !== 0o700) onDisk(String(path), () => chmodSync(path, 0o700))
    for (const name of onDisk(String(path), () => readdirSync(path, { encoding: 'buffer' }))) {
      await remove(Buffer.concat([path, Buffer.from('/'), name]), device, breath)
    }
  }
  onDisk(String(path), () => rmdirSync(path))
}
