import { accessSync, constants, realpathSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/**
 * The real path of a command on PATH or in Debian's system directories, or null.
 * @param {string} name
 * @returns {string | null}
 */
export function findCommand(name) {
  const places = [...(process.env.PATH ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/bin', '/bin']
  for (const place of places) {
    try {
      const path = join(place, name)
      accessSync(path, constants.X_OK)
      return realpathSync(path)
    } catch (error) {
      if (!isAbsent(error)) throw error
    }
  }
  return null
}

/** @param {unknown} error */
function isAbsent(error) {
  return error instanceof Error && 'code' in error && ['ENOENT', 'EACCES', 'ENOTDIR', 'ELOOP'].includes(String(error.code))
}
