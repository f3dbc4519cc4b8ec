import { statfsSync } from 'node:fs'
import { type EnvironmentError, environmentError, err, ok, type Result } from '@orchestrate/core'
import { DiskError } from './disk.ts'

/**
 * Runs work on the store; what the disk or the store's own content made fail becomes an EnvironmentError.
 * Anything else, such as a stream of somebody else's that broke, passes through as it was thrown.
 */
export async function attempt<T>(root: string, work: () => T | Promise<T>): Promise<Result<T, EnvironmentError>> {
  try {
    return ok(await work())
  } catch (error) {
    if (error instanceof StoreTrouble) return err(error.trouble)
    if (error instanceof DiskError) return err(storageError(error, root))
    throw error
  }
}

/** Carries an EnvironmentError out of nested calls to the nearest `attempt`. */
export class StoreTrouble extends Error {
  override readonly name = 'StoreTrouble'
  readonly trouble: EnvironmentError

  constructor(trouble: EnvironmentError) {
    super(trouble.message)
    this.trouble = trouble
  }
}

/** What a refused call means for the user: which path, how much space is left, what to do. */
export function storageError(error: DiskError, root: string): EnvironmentError {
  const path = error.path ?? root
  const meaning = MEANINGS[error.code]
  if (meaning === undefined) {
    const message = `the store at "${root}" cannot be used: ${error.code} at "${path}"`
    return environmentError({ id: 'store/io-error', message, details: [error.message], help: 'check the disk and its file system' })
  }
  const space = meaning.id === 'store/disk-full' ? `, ${freeSpace(root)}` : ''
  const message = `the store at "${root}" ${meaning.what}: ${error.code} at "${path}"${space}`
  return environmentError({ id: meaning.id, message, help: meaning.help })
}

const MEANINGS: Readonly<Record<string, { readonly id: string; readonly what: string; readonly help: string } | undefined>> = {
  ENOSPC: {
    id: 'store/disk-full',
    what: 'is on a full disk',
    help: 'free space there, or set ORCHESTRATE_STORE to a directory on a larger disk',
  },
  EDQUOT: {
    id: 'store/disk-full',
    what: 'has used up its quota',
    help: 'free space there, or set ORCHESTRATE_STORE to a directory with more quota',
  },
  EACCES: {
    id: 'store/permission-denied',
    what: 'refuses access',
    help: 'make it belong to you, or set ORCHESTRATE_STORE to a directory of your own',
  },
  EPERM: {
    id: 'store/permission-denied',
    what: 'refuses access',
    help: 'make it belong to you, or set ORCHESTRATE_STORE to a directory of your own',
  },
  EROFS: { id: 'store/read-only', what: 'is on a read-only file system', help: 'set ORCHESTRATE_STORE to a directory that can be written' },
  EMFILE: {
    id: 'store/too-many-files',
    what: 'cannot open more files',
    help: 'raise the limit of open files (ulimit -n), or run fewer jobs',
  },
  ENFILE: {
    id: 'store/too-many-files',
    what: 'cannot open more files',
    help: 'close other programs, or raise the limit of open files of this machine',
  },
}

function freeSpace(root: string): string {
  try {
    const status = statfsSync(root)
    return `${status.bavail * status.bsize} bytes and ${status.ffree} files free`
  } catch (error) {
    return `free space unknown (${error instanceof Error ? error.message : String(error)})`
  }
}
