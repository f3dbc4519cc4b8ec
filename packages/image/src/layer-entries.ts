import { canonicalJson, type Digest, isDigest } from '@orchestrate/core'
import type { TarEntry } from './tar-header.ts'

/** A member of a layer: what its tar header says, and for a file which blob holds its bytes. */
export type LayerEntry =
  | Exclude<TarEntry, { readonly type: 'file' }>
  | (Extract<TarEntry, { readonly type: 'file' }> & { readonly digest: Digest })

/** The stored description of a layer: canonical JSON from which its tar can be made again. */
export function encodeLayerEntries(entries: readonly LayerEntry[]): string {
  return canonicalJson({ domain: DOMAIN, version: VERSION, entries: entries.map((entry) => ({ ...entry })) })
}

/** What `encodeLayerEntries` wrote, or null when `text` is something else. */
export function decodeLayerEntries(text: string): readonly LayerEntry[] | null {
  const document: unknown = JSON.parse(text)
  if (!isObject(document) || document['domain'] !== DOMAIN || document['version'] !== VERSION) return null
  const entries: unknown = document['entries']
  return Array.isArray(entries) && entries.every(isLayerEntry) ? entries : null
}

const DOMAIN = 'orchestrate/layer'
const VERSION = 1

function isLayerEntry(value: unknown): value is LayerEntry {
  if (!isObject(value) || typeof value['path'] !== 'string' || !isCount(value['uid']) || !isCount(value['gid'])) return false
  if (value['type'] === 'symlink') return typeof value['target'] === 'string'
  if (!isCount(value['mode'])) return false
  if (value['type'] === 'directory') return true
  return value['type'] === 'file' && isCount(value['size']) && typeof value['digest'] === 'string' && isDigest(value['digest'])
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0
