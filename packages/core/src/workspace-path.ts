declare const workspacePathBrand: unique symbol

/**
 * A path inside the workspace: relative to its root, POSIX separators, no `.`, `..` or empty segment.
 * The root itself is the empty string.
 */
export type WorkspacePath = string & { readonly [workspacePathBrand]: true }

export const WORKSPACE_ROOT = '' as WorkspacePath

/** The path that `text` spells, or null when it is absolute, leaves the workspace or is not normalised. */
export function parseWorkspacePath(text: string): WorkspacePath | null {
  return isWorkspacePath(text) ? text : null
}

export function isWorkspacePath(text: string): text is WorkspacePath {
  if (text === '') return true
  return !NOT_A_PATH.test(text)
}

/** A NUL, or a segment that is empty, `.` or `..`. */
const NOT_A_PATH = /\0|(?:^|\/)\.{0,2}(?:\/|$)/

/**
 * Resolves `relative` against the directory `base`, as `path.posix.join` would.
 * Returns null when the result leaves the workspace or when `relative` is absolute.
 */
export function joinWorkspacePath(base: WorkspacePath, relative: string): WorkspacePath | null {
  if (relative.startsWith('/')) return null
  const segments = base === '' ? [] : base.split('/')
  for (const segment of relative.split('/')) {
    if (segment === '' || segment === '.') continue
    if (segment !== '..') segments.push(segment)
    else if (segments.pop() === undefined) return null
  }
  return parseWorkspacePath(segments.join('/'))
}

/** True when `path` is `directory` or lies below it. */
export function isInside(path: WorkspacePath, directory: WorkspacePath): boolean {
  return directory === '' || path === directory || path.startsWith(`${directory}/`)
}

/** `path` as seen from `directory`, which must hold it (see isInside). */
export function relativeTo(path: WorkspacePath, directory: WorkspacePath): string {
  return directory === '' ? path : path.slice(directory.length + 1)
}
