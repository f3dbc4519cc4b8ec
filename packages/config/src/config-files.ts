import { lstatSync, readFileSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { compareCodeUnits, isWorkspacePath, type WorkspacePath } from '@orchestrate/core'
import { type GitRunner, runGit } from './run-git.ts'

/** Where builder.yaml files come from: the work tree, or git's index. Paths are those of the files themselves. */
export interface ConfigFiles {
  /**
   * At least every builder.yaml that git does not ignore whose directory matches one of `members`
   * (paths and patterns without `!`; null for all): loadWorkspace matches again, so more is allowed.
   */
  discover(members: readonly string[] | null): Promise<readonly WorkspacePath[]>
  /** The bytes of a regular file inside the workspace; null when there is none. */
  read(path: WorkspacePath): Promise<Uint8Array | null>
}

export const CONFIG_FILE = 'builder.yaml'

/** More than this is refused before it is parsed, so no more than this is ever read. */
export const LARGEST_FILE = 1024 * 1024

/** The builder.yaml files below the absolute real path `root`, as they are on disk. Symlinked directories are not followed. */
export function workTreeConfigFiles(root: string, run: GitRunner = runGit): ConfigFiles {
  const ahead = new Map<WorkspacePath, Uint8Array | null>()
  return {
    async discover(members) {
      const found = await findFiles(root, members)
      const ignored = ignoredByGit(root, found, run)
      // Git takes as long as reading does, so both happen at once.
      for (const path of found) ahead.set(path, readInside(root, path))
      const left = await ignored
      return found.filter((path) => !left.has(path))
    },
    read: async (path) => {
      const known = ahead.get(path)
      ahead.delete(path)
      return known === undefined ? readInside(root, path) : known
    },
  }
}

async function findFiles(root: string, members: readonly string[] | null): Promise<WorkspacePath[]> {
  // The library is loaded here, not at start: commands that discover nothing do without it.
  const { default: glob } = await import('fast-glob')
  const patterns = members === null ? [`**/${CONFIG_FILE}`] : members.map((member) => `${literally(member)}/${CONFIG_FILE}`)
  const found = glob.sync(patterns, {
    cwd: root,
    dot: true,
    onlyFiles: true,
    followSymbolicLinks: false,
    extglob: false,
    braceExpansion: false,
    suppressErrors: true,
    ignore: ['**/.git/**', '**/node_modules/**'],
  })
  return found.filter(isWorkspacePath).toSorted(compareCodeUnits)
}

/** Escapes what the library reads as a pattern and the language does not. */
function literally(member: string): string {
  return member.replace(/[(){}|+@^$!]/g, '\\$&')
}

function readInside(root: string, path: WorkspacePath): Uint8Array | null {
  const file = join(root, path)
  try {
    const status = lstatSync(file)
    if (!status.isFile()) return null
    if (path.includes('/') && realpathSync.native(file) !== file) return null
    // Its size alone is what the caller refuses a large file for.
    return status.size > LARGEST_FILE ? new Uint8Array(LARGEST_FILE + 1) : readFileSync(file)
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

function isMissing(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : null
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP' || code === 'EACCES' || code === 'EPERM'
}

/**
 * Which of `paths` git ignores; none where there is no git or no repository.
 * Patterns alone are asked first, which needs no index and so stays fast in a large repository;
 * then, for what they ignore, whether it is tracked all the same.
 */
async function ignoredByGit(directory: string, paths: readonly WorkspacePath[], run: GitRunner): Promise<ReadonlySet<string>> {
  const matched = await checkIgnore(directory, ['--no-index'], paths, run)
  return matched === null ? new Set() : ((await checkIgnore(directory, [], [...matched], run)) ?? matched)
}

/** The paths that `git check-ignore` names; null when it cannot say: git is missing, or a path lies in a submodule. */
async function checkIgnore(
  directory: string,
  options: readonly string[],
  paths: readonly string[],
  run: GitRunner,
): Promise<ReadonlySet<string> | null> {
  if (paths.length === 0) return new Set()
  const answer = await run(['check-ignore', '-z', '--stdin', ...options], {
    cwd: directory,
    input: paths.map((path) => `${path}\0`).join(''),
  })
  if (answer.code !== 0 && answer.code !== 1) return null
  return new Set(answer.stdout.split('\0').filter((path) => path !== ''))
}
