import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { DebianSource } from '@orchestrate/config'
import { canonicalJson, type Digest, digestHex, digestOf, formatPlatform, isDigest, type Platform } from '@orchestrate/core'
import type { Store } from '@orchestrate/store'
import { FINISH_SCRIPT, SETUP_SCRIPT } from './scripts.ts'

/** A base that further packages are installed into: the essential packages of a suite. */
export interface DebianBase {
  readonly layer: Digest
  readonly versions: ReadonlyMap<string, string>
  /** When it was bootstrapped, milliseconds since the Unix epoch. */
  readonly at: number
}

/**
 * The bases that the store has for a suite of a mirror, newest first. Losing the index costs a bootstrap, nothing else.
 * The tars themselves are blobs.
 */
export interface DebianBases {
  list(): Promise<readonly DebianBase[]>
  add(base: DebianBase): Promise<void>
}

export function openDebianBases(store: Store, source: DebianSource, platform: Platform): DebianBases {
  const directory = join(store.root, 'bootstrap', digestHex(baseKey(source, platform)))
  return {
    async list() {
      const bases = await Promise.all((await namesIn(directory)).map((name) => readBase(join(directory, name))))
      return bases.filter((base) => base !== null).toSorted((a, b) => b.at - a.at)
    },
    async add(base) {
      const fields = { layer: base.layer, at: base.at, versions: Object.fromEntries(base.versions) }
      const temporary = join(directory, `.${randomUUID()}`)
      try {
        await mkdir(directory, { recursive: true, mode: 0o700 })
        await writeFile(temporary, canonicalJson(fields), { mode: 0o600, flag: 'wx' })
        await rename(temporary, join(directory, `${digestHex(base.layer)}.json`))
      } catch (error) {
        if (!isSystemError(error)) throw error
        await rm(temporary, { force: true })
      }
    },
  }
}

/** The lock's name for making a base, too. */
export function baseKey(source: DebianSource, platform: Platform): Digest {
  const { suite, mirror, snapshot } = source
  const scripts = digestOf(SETUP_SCRIPT + FINISH_SCRIPT)
  return digestOf(
    canonicalJson({ domain: 'orchestrate/debian-base', version: 1, suite, mirror, snapshot, platform: formatPlatform(platform), scripts }),
  )
}

async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    return (await readdir(directory)).filter((name) => name.endsWith('.json')).toSorted()
  } catch (error) {
    if (isSystemError(error)) return []
    throw error
  }
}

/** Null for what cannot be read: then the base is made again. */
async function readBase(file: string): Promise<DebianBase | null> {
  try {
    const json: unknown = JSON.parse(await readFile(file, 'utf8'))
    return isStoredBase(json) ? { layer: json.layer, at: json.at, versions: new Map(Object.entries(json.versions)) } : null
  } catch (error) {
    if (error instanceof SyntaxError || isSystemError(error)) return null
    throw error
  }
}

interface StoredBase {
  readonly layer: Digest
  readonly at: number
  readonly versions: Readonly<Record<string, string>>
}

function isStoredBase(json: unknown): json is StoredBase {
  if (typeof json !== 'object' || json === null || !('layer' in json) || !('at' in json) || !('versions' in json)) return false
  const { layer, at, versions } = json
  if (typeof layer !== 'string' || !isDigest(layer) || typeof at !== 'number') return false
  return typeof versions === 'object' && versions !== null && Object.values(versions).every((version) => typeof version === 'string')
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error
}
