import { type EnvironmentError, environmentError } from '@orchestrate/core'

/** True when a file system call failed because there is no such file. */
export function isMissing(error: unknown): boolean {
  return errorCode(error) === 'ENOENT'
}

/**
 * An EnvironmentError for a file system call that failed under `path`.
 * @throws `error` itself when it is anything else, which is a bug.
 */
export function outputError(error: unknown, path: string): EnvironmentError {
  const code = errorCode(error)
  if (!(error instanceof Error) || code === null) throw error
  return environmentError({
    id: 'image/output-unwritable',
    message: `cannot write images to "${path}": ${REASONS.get(code) ?? error.message}`,
    help: 'make room there or choose another destination',
  })
}

const REASONS: ReadonlyMap<string, string> = new Map([
  ['EACCES', 'permission denied'],
  ['EPERM', 'not permitted'],
  ['ENOSPC', 'no space left on the device'],
  ['EDQUOT', 'the disk quota is used up'],
  ['EROFS', 'the file system is read-only'],
  ['ENOTDIR', 'a part of the path is a file'],
  ['EISDIR', 'it is a directory'],
])

function errorCode(error: unknown): string | null {
  return error instanceof Error && 'code' in error && 'syscall' in error && typeof error.code === 'string' ? error.code : null
}
