import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { isMissing } from './file-errors.ts'

/**
 * Makes a directory and those that lead to it, one level at a time: Node's recursive mkdir never returns where a file system
 * answers ENOENT to every mkdir, as /proc does.
 *
 * @param path absolute.
 * @throws what the file system says; ENOTDIR when something else is there.
 */
export async function makeDirectory(path: string): Promise<void> {
  if (await isDirectory(path)) return
  if (dirname(path) !== path) await makeDirectory(dirname(path))
  try {
    await mkdir(path)
  } catch (error) {
    // Somebody else may have made it meanwhile.
    if (!(await isDirectory(path))) throw error
  }
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    if ((await stat(path)).isDirectory()) return true
  } catch (error) {
    if (isMissing(error)) return false
    throw error
  }
  throw Object.assign(new Error('a part of the path is a file'), { code: 'ENOTDIR', syscall: 'mkdir' })
}
