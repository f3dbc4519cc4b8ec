/** Whether the absolute `path` of this machine is `directory` or lies below it; both must be real paths. */
export function isPathBelow(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory.endsWith('/') ? directory : `${directory}/`)
}
