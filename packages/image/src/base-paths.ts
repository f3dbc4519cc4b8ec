import type { BaseListing } from './base-listing.ts'

/**
 * Where `path` leads when the base's symlinks are followed: `bin/tool` is `usr/bin/tool` where `/bin` is a link.
 * A file placed at a link replaces the link itself, so the last segment is followed only for directories.
 * `..` stops at the root, as it does inside a container; the 41st link of a chain is taken as it is.
 */
export function resolveInBase(path: string, last: 'follow' | 'keep', base: BaseListing): string {
  if (base.symlinks.size === 0) return path
  const done: string[] = []
  const pending = path.split('/').toReversed()
  for (let links = 0, segment = pending.pop(); segment !== undefined; segment = pending.pop()) {
    if (segment === '..') done.pop()
    if (segment === '' || segment === '.' || segment === '..') continue
    const here = [...done, segment].join('/')
    const target = pending.length > 0 || last === 'follow' ? base.symlinks.get(here) : undefined
    if (target === undefined || links === MAX_LINKS) {
      done.push(segment)
      continue
    }
    links += 1
    if (target.startsWith('/')) done.length = 0
    pending.push(...target.split('/').toReversed())
  }
  return done.join('/')
}

const MAX_LINKS = 40
