import type { TreeEntry } from '@orchestrate/store'

/** A symlink of an artifact that leads out of it. */
export interface LeavingLink {
  /** Relative to the artifact; empty for an artifact that is a link itself. */
  readonly path: string
  readonly target: string
}

/**
 * The first symlink that leaves its artifact, directly or through other links of it, or null. Absolute targets leave;
 * links that lead to nothing inside the artifact do not.
 */
export function findLeavingLink(entries: readonly TreeEntry[]): LeavingLink | null {
  const links = new Map<string, string>()
  for (const entry of entries) if (entry.type === 'symlink') links.set(entry.path, entry.target)
  for (const [path, target] of links) if (path === '' || leaves(path, links)) return { path, target }
  return null
}

/** Walks `path` as the kernel would, with the artifact's root as the floor that no `..` may pass. */
function leaves(path: string, links: ReadonlyMap<string, string>): boolean {
  const done: string[] = []
  const pending = path.split('/').toReversed()
  for (let followed = 0, segment = pending.pop(); segment !== undefined; segment = pending.pop()) {
    if (segment === '' || segment === '.') continue
    if (segment === '..') {
      if (done.pop() === undefined) return true
      continue
    }
    const target = links.get([...done, segment].join('/'))
    if (target === undefined) done.push(segment)
    else if (target.startsWith('/')) return true
    // A loop never arrives anywhere, so it cannot leave either.
    else if (followed++ === MAX_LINKS) return false
    else pending.push(...target.split('/').toReversed())
  }
  return false
}

const MAX_LINKS = 40
