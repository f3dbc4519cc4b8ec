import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { posix } from 'node:path'
import { type ArchiveEntry, assertNever, canonicalJson, compareCodeUnits, formatPlatform } from '@orchestrate/core'
import type { Builder, BuilderMount, CacheKey } from '@orchestrate/execute'

export type ScriptedNode =
  | { readonly type: 'file'; readonly mode: number; readonly content: Uint8Array }
  | { readonly type: 'directory'; readonly mode: number }
  | { readonly type: 'symlink'; readonly target: string }
  /** `target` is the absolute path of a file that was written before. */
  | { readonly type: 'hardlink'; readonly target: string }
  /** A device, FIFO, … */
  | { readonly type: 'other'; readonly mode: number }
  /** Hides what a mount shows at this path. */
  | { readonly type: 'removed' }

/** Absolute paths inside the builder to what a program wrote there. */
export type ScriptedFiles = Map<string, ScriptedNode>

/** What the file system inside a scripted builder refuses. */
export class ReadOnlyError extends Error {
  override readonly name = 'ReadOnlyError'
}

/** The file system that a scripted builder sees: mounts, caches, and what it wrote itself. */
export interface ScriptedWorld {
  /** The bytes of a file, or null when there is none. */
  read(path: string): Uint8Array | null
  /** Names in a directory, sorted; null when there is none. */
  list(path: string): readonly string[] | null
  /** Of a file or directory, or null when there is none; mtime in seconds. */
  stat(path: string): { readonly mode: number; readonly mtime: number } | null
  /** The text of a symlink, or null when there is none. */
  readLink(path: string): string | null
  /** @throws ReadOnlyError below a read-only mount. */
  write(path: string, node: ScriptedNode): void
  /** What lies under /out, paths relative to it. */
  outputs(): readonly ArchiveEntry[]
}

/** `caches` outlives the builder: contents by `cacheName`, keyed by path relative to the cache. */
export function createScriptedWorld(builder: Builder, caches: ReadonlyMap<string, ScriptedFiles>): ScriptedWorld {
  const written: ScriptedFiles = new Map()
  const place = (path: string): { readonly files: ScriptedFiles; readonly key: string } => {
    const cache = builder.caches.find(({ to }) => isBelow(path, to))
    const files = cache === undefined ? undefined : caches.get(cacheName(cache.key))
    return cache === undefined || files === undefined ? { files: written, key: path } : { files, key: posix.relative(cache.to, path) }
  }
  const nodeAt = (path: string): ScriptedNode | undefined => {
    const { files, key } = place(path)
    return files.get(key)
  }
  const read = (path: string): Uint8Array | null => {
    const node = nodeAt(path)
    if (node?.type === 'hardlink') return read(node.target)
    if (node !== undefined) return node.type === 'file' ? node.content : null
    return readSource(sourceOf(builder.mounts, path))
  }
  return {
    read,
    list: (path) => {
      const { files, key } = place(path)
      const own = [...files].filter(([other]) => posix.dirname(other) === (key === '' ? '.' : key))
      const gone = new Set(own.filter(([, node]) => node.type === 'removed').map(([other]) => posix.basename(other)))
      const below = listSource(sourceOf(builder.mounts, path))
      if (below === null && own.length === 0) return null
      const names = [...(below ?? []), ...own.map(([other]) => posix.basename(other))].filter((name) => !gone.has(name))
      return [...new Set(names)].toSorted(compareCodeUnits)
    },
    stat: (path) => {
      const node = nodeAt(path)
      if (node !== undefined) return 'mode' in node ? { mode: node.mode, mtime: 0 } : null
      return statSource(sourceOf(builder.mounts, path))
    },
    readLink: (path) => {
      const node = nodeAt(path)
      if (node !== undefined) return node.type === 'symlink' ? node.target : null
      return readLinkSource(sourceOf(builder.mounts, path))
    },
    write: (path, node) => {
      const mount = mountOf(builder.mounts, path)
      const { files, key } = place(path)
      if (files === written && mount?.access === 'read-only') throw new ReadOnlyError(`${path}: read-only file system`)
      files.set(key, node)
    },
    outputs: () =>
      [...written]
        .filter(([path]) => isBelow(path, '/out') && path !== '/out')
        .flatMap(([path, node]) => (node.type === 'removed' ? [] : [toEntry(posix.relative('/out', path), node)])),
  }
}

/** One string for one cache. */
export function cacheName(key: CacheKey): string {
  return canonicalJson({ ...key, platform: formatPlatform(key.platform) })
}

function toEntry(path: string, node: Exclude<ScriptedNode, { readonly type: 'removed' }>): ArchiveEntry {
  switch (node.type) {
    case 'file':
      return { path, type: 'file', mode: node.mode, size: node.content.length, linkName: '', content: once(node.content) }
    case 'directory':
      return { path, type: 'directory', mode: node.mode, size: 0, linkName: '', content: once(new Uint8Array()) }
    case 'symlink':
      return { path, type: 'symlink', mode: 0o777, size: 0, linkName: node.target, content: once(new Uint8Array()) }
    case 'hardlink':
      return {
        path,
        type: 'hardlink',
        mode: 0o644,
        size: 0,
        linkName: posix.relative('/out', node.target),
        content: once(new Uint8Array()),
      }
    case 'other':
      return { path, type: 'other', mode: node.mode, size: 0, linkName: '', content: once(new Uint8Array()) }
    default:
      return assertNever(node)
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.length > 0) yield bytes
}

function mountOf(mounts: readonly BuilderMount[], path: string): BuilderMount | undefined {
  return mounts.filter(({ to }) => isBelow(path, to)).at(-1)
}

function sourceOf(mounts: readonly BuilderMount[], path: string): string | null {
  const mount = mountOf(mounts, path)
  return mount === undefined ? null : posix.join(mount.source, posix.relative(mount.to, path))
}

function readSource(source: string | null): Uint8Array | null {
  return source !== null && lstatSync(source, { throwIfNoEntry: false })?.isFile() === true ? readFileSync(source) : null
}

function listSource(source: string | null): readonly string[] | null {
  return source !== null && lstatSync(source, { throwIfNoEntry: false })?.isDirectory() === true ? readdirSync(source) : null
}

function statSource(source: string | null): { readonly mode: number; readonly mtime: number } | null {
  const stat = source === null ? undefined : lstatSync(source, { throwIfNoEntry: false })
  return stat === undefined ? null : { mode: stat.mode & 0o7777, mtime: Math.floor(stat.mtimeMs / 1000) }
}

function readLinkSource(source: string | null): string | null {
  return source !== null && lstatSync(source, { throwIfNoEntry: false })?.isSymbolicLink() === true ? readlinkSync(source) : null
}

function isBelow(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory === '/' ? '/' : `${directory}/`)
}
