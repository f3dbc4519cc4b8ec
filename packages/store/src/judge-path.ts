const MAX_COMPONENT_BYTES = 255
const MAX_PATH_BYTES = 4096

/** Half of a surrogate pair, which UTF-8 cannot encode: two such names could become one. */
const LONE_SURROGATE = /\p{Cs}/u

/**
 * Why `path` cannot be the name of a tree's member, or null when it can: relative, POSIX, normalised, representable.
 * A backslash is an ordinary character.
 */
export function judgePath(path: string): string | null {
  if (path === '') return 'its name is empty'
  if (path.startsWith('/')) return 'its path is absolute'
  if (path.includes('\0')) return 'its name holds a NUL byte'
  if (LONE_SURROGATE.test(path)) return 'its name is not valid Unicode'
  if (isLonger(path, MAX_PATH_BYTES)) return `its path is longer than ${MAX_PATH_BYTES} bytes`
  for (const component of path.split('/')) {
    if (component === '') return 'its path has an empty segment'
    if (component === '..') return 'its path has a ".." segment'
    if (component === '.') return 'its path has a "." segment'
    if (isLonger(component, MAX_COMPONENT_BYTES)) return `its name is longer than ${MAX_COMPONENT_BYTES} bytes`
  }
  return null
}

/** Why `target` cannot be the text of a symbolic link, or null. Absolute and outward targets are kept as they are. */
export function judgeLinkTarget(target: string): string | null {
  if (target === '') return 'its link target is empty'
  if (target.includes('\0')) return 'its link target holds a NUL byte'
  if (LONE_SURROGATE.test(target)) return 'its link target is not valid Unicode'
  return isLonger(target, MAX_PATH_BYTES - 1) ? `its link target is longer than ${MAX_PATH_BYTES - 1} bytes` : null
}

/** A UTF-16 code unit takes at most three bytes of UTF-8, so most names need no counting. */
function isLonger(text: string, bytes: number): boolean {
  return text.length * 3 > bytes && Buffer.byteLength(text) > bytes
}
