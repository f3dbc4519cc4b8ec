import { randomUUID } from 'node:crypto'
import { lstat, open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { compareCodeUnits, type EnvironmentError, environmentError, err, ok, type Result } from '@orchestrate/core'
import type { Lock, LockEntry } from '../toolchain.ts'
import { LOCK_FILE } from './decode-lock.ts'
import { encodeLock } from './encode-lock.ts'

/** builder.lock during a run: what was read, and what the run adds. */
export interface LockFile {
  entry(name: string): LockEntry | null
  /** Keeps `entries` beside those that are still declared, and writes the file when that changes it. */
  set(entries: ReadonlyMap<string, LockEntry>): Promise<Result<void, EnvironmentError>>
}

/**
 * @param root absolute path of the workspace
 * @param declared names that may keep an entry: all others are dropped when the file is written
 */
export function openLockFile(root: string, lock: Lock, declared: Iterable<string>): LockFile {
  const names = new Set(declared)
  let entries = lock.entries
  let written: Promise<unknown> = Promise.resolve()
  return {
    entry: (name) => entries.get(name) ?? null,
    set(added) {
      entries = new Map([...entries, ...added].filter(([name]) => names.has(name)).toSorted(([a], [b]) => compareCodeUnits(a, b)))
      const text = encodeLock({ entries })
      const next = written.then(() => writeLock(root, text))
      written = next
      return next
    },
  }
}

/** Replaces the file at once, or not at all. What stands there is never followed nor kept. */
async function writeLock(root: string, text: string): Promise<Result<void, EnvironmentError>> {
  const path = join(root, LOCK_FILE)
  const temporary = join(root, `.${LOCK_FILE}.${randomUUID()}`)
  try {
    const present = await lstat(path).catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') return null
      throw error
    })
    if (present !== null && !present.isFile()) return err(notAFile())
    const file = await open(temporary, 'wx', 0o644)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
    return ok(undefined)
  } catch (error) {
    await rm(temporary, { force: true })
    if (codeOf(error) === null) throw error
    return err(unwritable(error))
  }
}

function codeOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null
}

function notAFile(): EnvironmentError {
  return environmentError({
    id: 'lock/not-a-file',
    message: 'builder.lock is not a regular file, so it is not written',
    help: 'remove the link or directory of that name and run `orchestrate lock`',
  })
}

function unwritable(error: unknown): EnvironmentError {
  return environmentError({
    id: 'lock/unwritable',
    message: `builder.lock cannot be written: ${codeOf(error)}`,
    help: 'make the root of the workspace writable, or commit a complete builder.lock and use --locked',
  })
}
