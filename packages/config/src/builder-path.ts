/** Where the view of the workspace is mounted inside a builder. */
export const WORKSPACE_MOUNT = '/workspace'

/** Where a builder leaves its outputs. */
export const OUTPUT_MOUNT = '/out'

const SYSTEM = [OUTPUT_MOUNT, '/proc', '/dev', '/sys']

/**
 * Resolves `path` against the absolute directory `base`, as a shell inside the container would.
 * Null when it climbs above the root, is empty or holds what no path can.
 */
export function resolveBuilderPath(base: string, path: string): string | null {
  if (path === '' || path.includes('\0') || path.includes('\\')) return null
  const segments = path.startsWith('/') ? [] : base.split('/').filter((segment) => segment !== '')
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.') continue
    if (segment !== '..') segments.push(segment)
    else if (segments.pop() === undefined) return null
  }
  return `/${segments.join('/')}`
}

/** True when `path` is `directory` or lies below it. */
export function isBelow(path: string, directory: string): boolean {
  return directory === '/' || path === directory || path.startsWith(`${directory}/`)
}

/** The directory that orchestrate or the kernel fills, at which or below which nothing may be mounted, or null. */
export function systemDirectoryOf(path: string): string | null {
  return path === '/' ? '/' : (SYSTEM.find((directory) => isBelow(path, directory)) ?? null)
}
