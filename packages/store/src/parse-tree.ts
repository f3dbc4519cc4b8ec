import { canonicalJson, type Digest, digestOf } from '@orchestrate/core'
import { exactObject, isCount, isDigestValue, listOf, parseJson } from './strict-json.ts'
import type { Tree, TreeEntry } from './tree.ts'
import { validateTree } from './validate-tree.ts'

const DOMAIN = 'orchestrate/tree'
const VERSION = 1

/** The canonical JSON whose SHA-256 is the artifact's digest. `entries` must be valid (see `validateTree`). */
export function serialiseTree(entries: readonly TreeEntry[]): string {
  return canonicalJson({ domain: DOMAIN, version: VERSION, entries: entries.map(canonicalEntry) })
}

/** The digest that `serialiseTree` gives, without storing anything. */
export function treeDigest(entries: readonly TreeEntry[]): Digest {
  return digestOf(serialiseTree(entries))
}

/** The tree that `text` spells; null for another version, an unknown key, an odd value or a list that `validateTree` refuses. */
export function parseTree(text: string): Tree | null {
  const tree = exactObject(parseJson(text), ['domain', 'version', 'entries'])
  if (tree === null || tree.domain !== DOMAIN || tree.version !== VERSION) return null
  const entries = listOf(tree.entries, parseEntry)
  return entries !== null && validateTree(entries).ok ? { entries } : null
}

/** Only the members that a tree has: callers may pass richer objects. */
function canonicalEntry(entry: TreeEntry): { readonly [key: string]: string | number | boolean } {
  const { type, path } = entry
  if (entry.type === 'directory') return { type, path }
  if (entry.type === 'symlink') return { type, path, target: entry.target }
  return { type, path, digest: entry.digest, size: entry.size, executable: entry.executable }
}

function parseEntry(value: unknown): TreeEntry | null {
  const type = typeof value === 'object' && value !== null && 'type' in value ? value.type : null
  if (type === 'directory') {
    const entry = exactObject(value, ['type', 'path'])
    return typeof entry?.path === 'string' ? { type, path: entry.path } : null
  }
  if (type === 'symlink') {
    const entry = exactObject(value, ['type', 'path', 'target'])
    return typeof entry?.path === 'string' && typeof entry.target === 'string' ? { type, path: entry.path, target: entry.target } : null
  }
  return type === 'file' ? parseFile(value, type) : null
}

function parseFile(value: unknown, type: 'file'): TreeEntry | null {
  const entry = exactObject(value, ['type', 'path', 'digest', 'size', 'executable'])
  if (entry === null) return null
  const { path, digest, size, executable } = entry
  if (typeof path !== 'string' || !isDigestValue(digest) || !isCount(size) || typeof executable !== 'boolean') return null
  return { type, path, digest, size, executable }
}
