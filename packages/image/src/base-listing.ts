import { canonicalJson } from '@orchestrate/core'
import type { LayerEntry } from './layer-entries.ts'
import { TarScanner } from './tar-scanner.ts'

/** Directories and links of a base, seen through all its layers: what placing files over it needs to know. */
export interface BaseListing {
  readonly directories: ReadonlyMap<string, DirectoryAttributes>
  /** Path to target text. */
  readonly symlinks: ReadonlyMap<string, string>
}

export interface DirectoryAttributes {
  readonly mode: number
  readonly uid: number
  readonly gid: number
}

/** The names in one layer tar, in its own order by kind; whiteouts are not yet applied. */
export interface LayerListing {
  readonly directories: readonly (readonly [path: string, mode: number, uid: number, gid: number])[]
  readonly symlinks: readonly (readonly [path: string, target: string])[]
  /** Files, hard links, devices: they replace what a lower layer has there. */
  readonly others: readonly string[]
}

export const EMPTY_LISTING: BaseListing = { directories: new Map(), symlinks: new Map() }

/** Lists a layer tar while its bytes pass by. `push` and `finish` throw TarFormatError. */
export function createLayerLister(): { push(piece: Uint8Array): void; finish(): LayerListing } {
  const directories: [string, number, number, number][] = []
  const symlinks: [string, string][] = []
  const others: string[] = []
  const scanner = new TarScanner((entry) => {
    if (entry.path === '') return
    if (entry.type === 'directory') directories.push([entry.path, entry.mode, entry.uid, entry.gid])
    else if (entry.type === 'symlink') symlinks.push([entry.path, entry.target])
    else others.push(entry.path)
  })
  return {
    push: (piece) => scanner.push(piece),
    finish: () => {
      scanner.end()
      return { directories, symlinks, others }
    },
  }
}

/** The names in a layer of our own making. */
export function listEntries(entries: readonly LayerEntry[]): LayerListing {
  return {
    directories: entries.flatMap((entry) => (entry.type === 'directory' ? [[entry.path, entry.mode, entry.uid, entry.gid] as const] : [])),
    symlinks: entries.flatMap((entry) => (entry.type === 'symlink' ? [[entry.path, entry.target] as const] : [])),
    others: entries.flatMap((entry) => (entry.type === 'file' ? [entry.path] : [])),
  }
}

/** Lays layers over each other, lowest first, whiteouts applied. */
export function mergeListings(layers: readonly LayerListing[]): BaseListing {
  const merged = { directories: new Map<string, DirectoryAttributes>(), symlinks: new Map<string, string>() }
  for (const layer of layers) {
    for (const path of layer.others) applyOther(merged, path)
    for (const [path, target] of layer.symlinks) {
      removeTree(merged, path)
      merged.symlinks.set(path, target)
    }
    for (const [path, mode, uid, gid] of layer.directories) {
      merged.symlinks.delete(path)
      merged.directories.set(path, { mode, uid, gid })
    }
  }
  return merged
}

export function encodeLayerListing(listing: LayerListing): string {
  return canonicalJson({ domain: DOMAIN, version: VERSION, ...listing })
}

/** What `encodeLayerListing` wrote, or null when `text` is something else. Blobs are addressed by content, so the domain is proof enough. */
export function decodeLayerListing(text: string): LayerListing | null {
  const document = JSON.parse(text) as Partial<LayerListing & { domain: string; version: number }>
  const { directories, symlinks, others } = document
  if (document.domain !== DOMAIN || document.version !== VERSION) return null
  return directories === undefined || symlinks === undefined || others === undefined ? null : { directories, symlinks, others }
}

const DOMAIN = 'orchestrate/layer-listing'
const VERSION = 1
const WHITEOUT = '.wh.'
const OPAQUE = '.wh..wh..opq'

interface Merged {
  readonly directories: Map<string, DirectoryAttributes>
  readonly symlinks: Map<string, string>
}

/** @see https://github.com/opencontainers/image-spec/blob/v1.1.1/layer.md#whiteouts */
function applyOther(merged: Merged, path: string): void {
  const slash = path.lastIndexOf('/') + 1
  const name = path.slice(slash)
  if (name === OPAQUE) removeBelow(merged, path.slice(0, Math.max(0, slash - 1)))
  else removeTree(merged, name.startsWith(WHITEOUT) ? path.slice(0, slash) + name.slice(WHITEOUT.length) : path)
}

function removeTree(merged: Merged, path: string): void {
  merged.symlinks.delete(path)
  if (merged.directories.delete(path)) removeBelow(merged, path)
}

function removeBelow(merged: Merged, directory: string): void {
  const prefix = directory === '' ? '' : `${directory}/`
  for (const map of [merged.directories, merged.symlinks]) {
    for (const path of map.keys()) if (path.startsWith(prefix)) map.delete(path)
  }
}
