import { lstatSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { environmentError, err, ok, type Result } from '@orchestrate/core'
import { LOCK_FILE } from '@orchestrate/toolchain'
import { type Stop, trouble } from './stop.ts'

/** The text of builder.lock in the work tree at `root`; null when there is none. */
export function readLockText(root: string): Result<string | null, Stop> {
  const path = join(root, LOCK_FILE)
  try {
    const stat = lstatSync(path, { throwIfNoEntry: false })
    if (stat === undefined) return ok(null)
    if (!stat.isFile()) return err(trouble(NOT_A_FILE))
    return ok(readFileSync(path, 'utf8'))
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : null
    if (typeof code !== 'string') throw cause
    return err(
      trouble(
        environmentError({
          id: 'lock/unreadable',
          message: `builder.lock cannot be read: ${code}`,
          help: 'make it a readable file, or remove it and run `orchestrate lock`',
        }),
      ),
    )
  }
}

/** Through a link, something else would be read as a lock and shown in code frames, and in the end be written over. */
const NOT_A_FILE = environmentError({
  id: 'lock/not-a-file',
  message: 'builder.lock is a link, a directory or something else that is no regular file',
  help: 'remove it and run `orchestrate lock`',
})
