import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { canonicalJson, digestHex, digestOf, formatPlatform } from '@orchestrate/core'
import type { CacheKey } from '@orchestrate/execute'

/** Directories that builders share and keep, below `directory/caches/`, each with a word about what it is. */
export interface Caches {
  /** True when a builder that left something in it has ended. */
  isFilled(key: CacheKey): boolean
  /** Its directory, whether there or not. */
  contentOf(key: CacheKey): string
  /** Its directory, made when needed; `anybody` when the builder is not uid 0. @throws the file system's errors. */
  open(key: CacheKey, access: 'owner' | 'anybody'): string
  /** To be called when a builder that used it has ended. */
  close(key: CacheKey): void
}

export function openCaches(directory: string): Caches {
  const placeOf = (key: CacheKey): string => join(directory, 'caches', nameOf(key))
  const contentOf = (key: CacheKey): string => join(placeOf(key), 'content')
  return {
    isFilled: (key) => existsSync(join(placeOf(key), LABEL)),
    contentOf,
    open: (key, access) => {
      const content = contentOf(key)
      mkdirSync(content, { recursive: true, mode: 0o700 })
      if (access === 'anybody') chmodSync(content, 0o777)
      return content
    },
    close: (key) => {
      // A check that compiles nothing fills no cache: the next build is still the one that the others wait for.
      if (!isEmpty(contentOf(key))) writeFileSync(join(placeOf(key), LABEL), `${canonicalJson(describe(key))}\n`)
    },
  }
}

const LABEL = 'cache.json'

function isEmpty(directory: string): boolean {
  try {
    return readdirSync(directory).length === 0
  } catch {
    // A builder took our right to look into it, so there is something.
    return false
  }
}

function nameOf(key: CacheKey): string {
  return digestHex(digestOf(canonicalJson(describe(key)))).slice(0, 24)
}

function describe(key: CacheKey): {
  readonly workspace: string
  readonly id: string
  readonly toolchain: string
  readonly platform: string
} {
  return { workspace: key.workspace, id: key.id, toolchain: key.toolchain, platform: formatPlatform(key.platform) }
}
