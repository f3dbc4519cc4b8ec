import { closeSync, fstatSync, openSync, readFileSync, readSync, statSync, type Stats } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { ProcessEnvironment } from './git-command.ts'
import { namesRepository } from './git-environment.ts'

/** Where the index of the repository lies whose work tree holds a workspace. */
export interface IndexPlace {
  readonly path: string
  /** What paths of the repository start with in the workspace: empty, or with a slash at its end. */
  readonly prefix: string
}

/**
 * Finds the index as git does, in the plain case: a work tree with its .git, a directory or a file that names one. Null for
 * everything else, such as a repository that a variable or its configuration puts elsewhere: then only git knows.
 *
 * @param root absolute real path of the workspace.
 */
export function findIndex(root: string, { variables }: ProcessEnvironment): IndexPlace | null {
  if (namesRepository(variables)) return null
  for (let top = root; ; top = dirname(top)) {
    const stat = statSync(join(top, '.git'), { throwIfNoEntry: false })
    if (stat !== undefined) {
      const directory = gitDirectory(top, stat)
      if (directory === null || !isPlain(directory)) return null
      return { path: join(directory, 'index'), prefix: root === top ? '' : `${root.slice(top === '/' ? 1 : top.length + 1)}/` }
    }
    if (dirname(top) === top) return null
  }
}

function gitDirectory(top: string, stat: Stats): string | null {
  const path = join(top, '.git')
  if (stat.isDirectory()) return path
  const named = /^gitdir: (.+)\n?$/.exec(readText(path) ?? '')?.[1]
  return named === undefined ? null : resolve(top, named)
}

/** Whether git takes `directory` for a repository, and nothing there says that its work tree is elsewhere. */
function isPlain(directory: string): boolean {
  const common = readText(join(directory, 'commondir'))?.trim()
  const configs = [join(common === undefined ? directory : resolve(directory, common), 'config'), join(directory, 'config.worktree')]
  return readText(join(directory, 'HEAD')) !== null && !configs.some((path) => /worktree\s*=|\[include/i.test(readText(path) ?? ''))
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // Whatever the reason: where this cannot be read, git is asked.
    return null
  }
}

/** The index file as it was at one moment. */
export interface IndexState {
  /** Differs for every index that git has ever written. */
  readonly mark: string
  /** When it was written last, milliseconds since the Unix epoch. */
  readonly changedAt: number
  /** False when git was told to leave the checksum out (index.skipHash): then only its times tell one index from another. */
  readonly hasChecksum: boolean
}

/** Null when there is no index, or none that can be read. */
export function readIndexState(path: string): IndexState | null {
  return readOpen(path, (descriptor, stat) => {
    const checksum = Buffer.alloc(CHECKSUM_BYTES)
    readSync(descriptor, checksum, 0, CHECKSUM_BYTES, Math.max(0, stat.size - CHECKSUM_BYTES))
    const hex = checksum.toString('hex')
    return {
      mark: [stat.ino, stat.size, stat.mtimeMs, stat.ctimeMs, hex].join(' '),
      changedAt: Math.max(stat.mtimeMs, stat.ctimeMs),
      hasChecksum: /[^0]/.test(hex),
    }
  })
}

/** The end of the checksum, whichever kind the repository uses. */
const CHECKSUM_BYTES = 20

function readOpen<T>(path: string, read: (descriptor: number, stat: Stats) => T): T | null {
  try {
    const descriptor = openSync(path, 'r')
    try {
      return read(descriptor, fstatSync(descriptor))
    } finally {
      closeSync(descriptor)
    }
  } catch (error) {
    if (error instanceof Error && 'code' in error) return null
    throw error
  }
}
