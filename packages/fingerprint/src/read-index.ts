import { readFileSync, type Stats, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { ProcessEnvironment } from './git-command.ts'
import { type IndexFile, parseIndexFile } from './git-index-file.ts'
import { isRepositoryChosen } from './git-environment.ts'

/** Where a repository's index lies, and what it was when it was found. */
export interface FoundIndex {
  readonly path: string
  readonly stat: Stats
}

/** A repository's index as it was read, without asking git. */
export interface ReadIndex extends IndexFile {
  /** Second in which it was written. */
  readonly writtenAt: number
  /** Whether the repository still has the index that was found. */
  isCurrent(): boolean
}

/**
 * The index of the repository whose work tree begins at `directory`, or null where git has to be asked: no repository begins there,
 * or variables or its configuration choose another one.
 */
export function findIndex(directory: string, variables: ProcessEnvironment['variables']): FoundIndex | null {
  if (isRepositoryChosen(variables)) return null
  return unlessRefused(() => {
    const path = indexPath(directory)
    return path === null ? null : { path, stat: statSync(path) }
  })
}

/** Null where git has to be asked: the index is of a form that is not read here, or is not the one that was found any more. */
export function readIndex({ path, stat }: FoundIndex): ReadIndex | null {
  const isCurrent = (): boolean => isSame(stat, statSync(path, { throwIfNoEntry: false }))
  const bytes = unlessRefused(() => readFileSync(path))
  const index = bytes === null ? null : parseIndexFile(bytes)
  // The name leads to another file once the index is replaced, and never back.
  return index !== null && isCurrent() ? { ...index, writtenAt: Math.floor(stat.mtimeMs / 1000), isCurrent } : null
}

/** Whatever is wrong with a file, git will say. */
function unlessRefused<T>(read: () => T | null): T | null {
  try {
    return read()
  } catch (error) {
    if (error instanceof Error && 'code' in error) return null
    throw error
  }
}

/** git never writes an index in place: it renames a new one to its name. */
function isSame(before: Stats, now: Stats | undefined): boolean {
  return now?.ino === before.ino && now.size === before.size && now.mtimeMs === before.mtimeMs && now.ctimeMs === before.ctimeMs
}

function indexPath(directory: string): string | null {
  const git = join(directory, '.git')
  if (statSync(git).isDirectory()) return hasOwnWorkTree(join(git, 'config')) ? null : join(git, 'index')
  const [, linked] = /^gitdir: (.+)\n?$/.exec(readFileSync(git, 'utf8')) ?? []
  // A linked work tree has no configuration of its own; a submodule's says where its work tree is.
  return linked?.includes('/worktrees/') ? join(resolve(directory, linked), 'index') : null
}

/** Whether a repository's own configuration could say that its work tree begins elsewhere, or is read from another file as well. */
const hasOwnWorkTree = (config: string): boolean => /worktree|include/i.test(readFileSync(config, 'utf8'))
