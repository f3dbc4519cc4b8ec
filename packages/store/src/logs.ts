import { join } from 'node:path'
import { digestHex, digestOf, type TargetId } from '@orchestrate/core'
import { type Disk, DiskError } from './disk.ts'
import type { Logs } from './store.ts'
import { workspaceKey } from './workspace-key.ts'

/** Longer names get a digest in place of their tail: file names end at 255 bytes. */
const MAX_NAME = 200

/** The last log of each target: `logs/<workspace key>/<target>.log`. */
export function createLogs(root: string, disk: Disk): Logs {
  const directories = new Map<string, string>()
  return {
    pathFor: (workspaceRoot, target) => {
      const directory = directories.get(workspaceRoot) ?? join(root, 'logs', workspaceKey(workspaceRoot))
      if (!directories.has(workspaceRoot)) makeQuietly(disk, directory)
      directories.set(workspaceRoot, directory)
      return join(directory, `${logName(target)}.log`)
    },
  }
}

/** `checkout:build` as `checkout~build`: no name of a service, build or toolchain holds a tilde. */
function logName(target: TargetId): string {
  const name = target.replaceAll(':', '~').replaceAll('/', '~')
  return name.length <= MAX_NAME ? name : `${name.slice(0, MAX_NAME)}~${digestHex(digestOf(target)).slice(0, 16)}`
}

/** Whoever writes the log is told what the disk refuses; a path needs no disk. */
function makeQuietly(disk: Disk, directory: string): void {
  try {
    disk.makeDirectory(directory, 0o700)
  } catch (error) {
    if (!(error instanceof DiskError)) throw error
  }
}
