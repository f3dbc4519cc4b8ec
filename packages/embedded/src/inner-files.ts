import { type Stats, lstatSync, readFileSync, readlinkSync } from 'node:fs'
import { join, posix } from 'node:path'

/** What a builder will see, before it runs: a root directory and what is mounted over it. */
export interface InnerFiles {
  /** Absolute, on this machine. */
  readonly root: string
  /** `to` is absolute inside, `source` a directory or file of this machine. Later ones hide earlier ones. */
  readonly mounts: readonly { readonly to: string; readonly source: string }[]
}

/** A file as the builder would find it: where it lies on this machine, or that only the running builder could tell. */
export type InnerFile = { readonly kind: 'found'; readonly path: string; readonly stats: Stats } | { readonly kind: 'unknown' }

/** As the kernel's own limit. @see path_resolution(7) */
const MOST_LINKS = 40

/**
 * Follows an absolute path as the builder's kernel would, links resolved inside the builder's world and never on this machine.
 * Null when nothing is there.
 */
export function findInside(files: InnerFiles, path: string): InnerFile | null {
  const pending = path.split('/')
  let inner = '/'
  let links = 0
  let file = lookAt(files, '/')
  for (let name = pending.shift(); name !== undefined; name = pending.shift()) {
    if (name === '' || name === '.') continue
    if (file?.kind === 'found' && !file.stats.isDirectory()) return null
    const next = posix.join(inner, name)
    file = lookAt(files, next)
    if (file === null || file.kind === 'unknown') return file
    if (!file.stats.isSymbolicLink()) inner = next
    else if (++links > MOST_LINKS) return null
    else {
      const target = readlinkSync(file.path)
      pending.unshift(...target.split('/'))
      if (target.startsWith('/')) inner = '/'
      file = lookAt(files, inner)
    }
  }
  return file
}

/** The text of a file inside, or the empty string when there is none. */
export function readInside(files: InnerFiles, path: string): string {
  const file = findInside(files, path)
  return file?.kind === 'found' && file.stats.isFile() ? readFileSync(file.path, 'utf8') : ''
}

/** One look without following a link in the last place; `inner` is normal and its parents are no links. */
function lookAt(files: InnerFiles, inner: string): InnerFile | null {
  if (/^\/(proc|sys|dev)(\/|$)/.test(inner)) return { kind: 'unknown' }
  const mount = files.mounts.findLast(({ to }) => inner === to || inner.startsWith(`${to}/`))
  const path = mount === undefined ? join(files.root, inner) : join(mount.source, inner.slice(mount.to.length))
  try {
    const stats = lstatSync(path, { throwIfNoEntry: false })
    if (stats !== undefined) return { kind: 'found', path, stats }
    // The way to a mount point is made with it.
    return files.mounts.some(({ to }) => to.startsWith(`${inner}/`)) ? lookAt(files, '/') : null
  } catch {
    // A directory that is closed to us is open to the builder's uid 0.
    return { kind: 'unknown' }
  }
}
