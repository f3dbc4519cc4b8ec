import { lstatSync, type Stats } from 'node:fs'
import type { WorkspacePath } from '@orchestrate/core'
import type { DirectoryVerdict } from './directory-check.ts'
import { isInvalidName } from './file-names.ts'
import { fileFinding, invalidName, quotedPath } from './finding.ts'
import type { FileFinding } from './inventory.ts'

/** Tells what the directory of a path is; see `createDirectoryCheck`. */
export type DirectoryCheck = (directory: string) => DirectoryVerdict

/** What lies at `path` below `root`: null for nothing or a directory. */
export function findFile(root: string, path: WorkspacePath, checkDirectory: DirectoryCheck): Stats | FileFinding | null {
  try {
    const slash = path.lastIndexOf('/')
    const directory = checkDirectory(slash < 0 ? '' : path.slice(0, slash))
    if (directory.kind === 'behind-link') return behindLink(path, directory)
    const stat = directory.kind === 'real' ? lstatSync(`${root}/${path}`, { throwIfNoEntry: false }) : undefined
    if (stat !== undefined) return stat.isDirectory() ? null : stat
    return isInvalidName(path) ? invalidName(path) : null
  } catch (error) {
    return unreadable(path, error)
  }
}

/** Null when the file vanished meanwhile; a bug when the system says anything that is not about the file. */
export function unreadable(path: WorkspacePath, error: unknown): FileFinding | null {
  const code = error instanceof Error && 'code' in error ? String(error.code) : null
  if (code === null) throw error
  if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG') return null
  return fileFinding('inputs/unreadable', path, `${quotedPath(path)} cannot be read (${code})`)
}

function behindLink(path: WorkspacePath, verdict: Extract<DirectoryVerdict, { kind: 'behind-link' }>): FileFinding {
  const { link, target } = verdict
  if (target === null) {
    const message = `${quotedPath(path)} lies behind the symlink ${quotedPath(link)}, which leaves the workspace`
    return fileFinding('inputs/link-leaves-workspace', path, message)
  }
  return fileFinding('inputs/behind-link', path, `${quotedPath(path)} lies behind the symlink ${quotedPath(link)}`, {
    help: `name it ${quotedPath(`//${target}${path.slice(link.length)}`)}`,
  })
}
