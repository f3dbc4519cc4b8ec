import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import type { ParseCache } from '@orchestrate/config'

/** A cache in the workspace's state: what cannot be read counts as nothing, what cannot be written is left. */
export function cacheFile(path: string): { load(): Promise<Uint8Array | null>; save(bytes: Uint8Array): Promise<void> } {
  return { load: async () => readCache(path), save: async (bytes) => replaceCache(path, bytes) }
}

export function textCache(path: string): ParseCache {
  return { load: () => readCache(path)?.toString('utf8') ?? null, save: (text) => replaceCache(path, Buffer.from(text)) }
}

/** The bytes of a cache; null where it cannot be read. */
export function readCache(path: string): Buffer | null {
  try {
    return readFileSync(path)
  } catch {
    // Missing or unreadable: the cache is made again.
    return null
  }
}

export function replaceCache(path: string, bytes: Uint8Array): void {
  const temporary = `${path}.${randomBytes(6).toString('hex')}`
  try {
    writeFileSync(temporary, bytes, { mode: 0o600 })
    renameSync(temporary, path)
  } catch {
    // Losing a cache costs the next run some time; a full disk is reported where it matters.
    rmSync(temporary, { force: true })
  }
}
