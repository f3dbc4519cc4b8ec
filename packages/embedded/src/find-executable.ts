import { accessSync, constants, statSync } from 'node:fs'
import { join } from 'node:path'

/** Searched after PATH: where distributions keep the programs that an ordinary user's PATH may lack. */
const USUAL_DIRECTORIES = ['/usr/local/bin', '/usr/bin', '/bin', '/usr/local/sbin', '/usr/sbin', '/sbin']

/** The absolute path of a program of this machine, by name on `searchPath` (as in PATH) or by a path of its own; null when there is none. */
export function findExecutable(name: string, searchPath: string): string | null {
  if (name.includes('/')) return isExecutable(name) ? name : null
  const directories = [...searchPath.split(':').filter((directory) => directory.startsWith('/')), ...USUAL_DIRECTORIES]
  return directories.map((directory) => join(directory, name)).find(isExecutable) ?? null
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    // Not there, or not for us.
    return false
  }
}
