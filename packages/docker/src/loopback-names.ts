import { randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** As engines write it for containers without a network. */
const LOOPBACK_NAMES = '127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n'

/**
 * A file for /etc/hosts of builders that the engine gives none: the same for all runs, made by the first and left for the next.
 * Null when it cannot be made.
 */
export function provideLoopbackNames(directory: string): string | null {
  const path = join(directory, 'loopback-names')
  if (read(path) === LOOPBACK_NAMES) return path
  const fresh = `${path}.${randomUUID()}`
  try {
    mkdirSync(directory, { recursive: true })
    writeFileSync(fresh, LOOPBACK_NAMES, { mode: 0o444 })
    renameSync(fresh, path)
    return path
  } catch (error) {
    if (error instanceof Error && 'code' in error) return null
    throw error
  }
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error) return null
    throw error
  }
}
