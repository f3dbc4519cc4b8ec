import { randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DebianSource } from '@orchestrate/config'
import { canonicalJson, type Clock, digestHex, digestOf, formatPlatform, type Platform } from '@orchestrate/core'
import type { Store } from '@orchestrate/store'
import { decodeLock } from './lock/decode-lock.ts'
import { encodeLock } from './lock/encode-lock.ts'
import type { LockEntry } from './toolchain.ts'

/** How long the newest versions of a mirror count as newest when `apply` adds an entry. `orchestrate lock` always asks the mirror. */
const FRESH_MS = 24 * 60 * 60 * 1000

/**
 * What Debian declarations resolved to lately, on this machine: a new clone without builder.lock takes the same versions
 * instead of bootstrapping again. Losing it costs a bootstrap, nothing else.
 */
export interface Resolutions {
  recent(source: DebianSource, platform: Platform): Promise<LockEntry | null>
  remember(source: DebianSource, entry: LockEntry): Promise<void>
}

export function openResolutions(store: Store, clock: Clock): Resolutions {
  const directory = join(store.root, 'bootstrap', 'resolutions')
  const fileOf = (source: DebianSource, platform: Platform): string => {
    const { suite, mirror, snapshot, packages } = source
    return join(
      directory,
      `${digestHex(digestOf(canonicalJson({ suite, mirror, snapshot, packages, platform: formatPlatform(platform) })))}.json`,
    )
  }
  return {
    async recent(source, platform) {
      const text = await readFresh(fileOf(source, platform), clock)
      const lock = text === null ? null : decodeLock(text)
      return lock?.ok ? (lock.value.entries.get(ONLY) ?? null) : null
    },
    async remember(source, entry) {
      const temporary = join(directory, `.${randomUUID()}`)
      try {
        await mkdir(directory, { recursive: true, mode: 0o700 })
        await writeFile(temporary, encodeLock({ entries: new Map([[ONLY, entry]]) }), { mode: 0o600, flag: 'wx' })
        await rename(temporary, fileOf(source, entry.root.platform))
      } catch (error) {
        if (!(error instanceof Error && 'code' in error)) throw error
        await rm(temporary, { force: true })
      }
    },
  }
}

const ONLY = 'resolved'

async function readFresh(file: string, clock: Clock): Promise<string | null> {
  try {
    const age = clock.now() - (await stat(file)).mtimeMs
    return age < FRESH_MS && age > -FRESH_MS ? await readFile(file, 'utf8') : null
  } catch (error) {
    if (error instanceof Error && 'code' in error) return null
    throw error
  }
}
