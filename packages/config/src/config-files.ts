import { lstatSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { compareCodeUnits, isWorkspacePath, type WorkspacePath } from '@orchestrate/core'
import type { Options as GlobOptions } from 'fast-glob'
import { segmentMatcher } from './members.ts'
import { type GitRunner, runGit } from './run-git.ts'

/** Where builder.yaml files come from: the work tree, or git's index. Paths are those of the files themselves. */
export interface ConfigFiles {
  /**
   * At least every builder.yaml that git does not ignore whose directory matches one of `members`
   * (paths and patterns without `!`; null for all): loadWorkspace matches again, so more is allowed.
   */
  discover(members: readonly string[] | null): Promise<readonly WorkspacePath[]>
  /** The bytes of a regular file inside the workspace; null when there is none, or none that may be read. */
  read(path: WorkspacePath): Promise<Uint8Array | null>
}

export const CONFIG_FILE = 'builder.yaml'

/** More than this is refused before it is parsed, so no more than this is ever read. */
export const LARGEST_FILE = 1024 * 1024

/** The builder.yaml files below the absolute real path `root`, as they are on disk. Symlinked directories are not followed. */
export function workTreeConfigFiles(root: string, run: GitRunner = runGit): ConfigFiles {
  const ahead = new Map<WorkspacePath, Reading>()
  return {
    async discover(members) {
      const candidates = await findCandidates(root, members ?? ['**'])
      const ignored = ignoredByGit(root, candidates, run)
      // Git takes as long as reading does, so both happen at once.
      for (const path of candidates) ahead.set(path, readInside(root, path))
      const left = await ignored
      return candidates.filter((path) => ahead.get(path) !== 'absent' && !left.has(path))
    },
    read: async (path) => {
      const known = ahead.get(path)
      ahead.delete(path)
      const reading = known ?? readInside(root, path)
      return typeof reading === 'string' ? null : reading
    },
  }
}

/**
 * Where files may be. A plain path is tried as it is. Patterns of directories are looked up as such, and their file is tried:
 * that reads one directory where looking for the file itself would read every member.
 */
async function findCandidates(root: string, members: readonly string[]): Promise<WorkspacePath[]> {
  const deep = members.filter((member) => member.includes('**')).map((pattern) => `${literally(pattern)}/${CONFIG_FILE}`)
  const flat = members.filter((member) => member !== '' && !member.includes('**'))
  const directories = flat.flatMap((member) => findDirectories(root, '', member.split('/')))
  const found = new Set([...(await glob(deep, root)), ...directories.map((directory) => `${directory}/${CONFIG_FILE}`)])
  return [...found].filter(isWorkspacePath).toSorted(compareCodeUnits)
}

/** The directories below `directory` that `segments` match one by one; a plain segment is taken as it is. */
function findDirectories(root: string, directory: string, [segment, ...rest]: readonly string[]): string[] {
  if (segment === undefined) return [directory]
  const below = (name: string) => findDirectories(root, directory === '' ? name : `${directory}/${name}`, rest)
  if (!/[*?[]/.test(segment)) return below(segment)
  const matches = segmentMatcher(segment)
  const names = directoriesIn(join(root, directory)).filter((name) => !NEVER_MEMBERS.has(name) && matches(name))
  return names.flatMap(below)
}

const NEVER_MEMBERS = new Set(['.git', 'node_modules'])

function directoriesIn(directory: string): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []))
  } catch (error) {
    // Where nothing can be looked up, no member can be found either.
    if (error instanceof Error && 'code' in error) return []
    throw error
  }
}

const GLOB_OPTIONS: GlobOptions = {
  dot: true,
  followSymbolicLinks: false,
  extglob: false,
  braceExpansion: false,
  suppressErrors: true,
  onlyFiles: true,
  ignore: [...NEVER_MEMBERS].map((name) => `**/${name}/**`),
}

/** The library is loaded where it is needed: most workspaces name their members, or the directories that hold them. */
async function glob(patterns: string[], root: string): Promise<string[]> {
  if (patterns.length === 0) return []
  const { default: library } = await import('fast-glob')
  return library.sync(patterns, { ...GLOB_OPTIONS, cwd: root })
}

/** Escapes what the library reads as a pattern and the language does not. */
function literally(member: string): string {
  return member.replace(/[(){}|+@^$!]/g, '\\$&')
}

/** What is at a path. A file that is there and may not be read is no reason to do as if nothing were declared in it. */
type Reading = Uint8Array | 'absent' | 'denied'

function readInside(root: string, path: WorkspacePath): Reading {
  const file = join(root, path)
  let isFile = false
  try {
    const status = lstatSync(file)
    isFile = status.isFile()
    if (!isFile || (path.includes('/') && realpathSync.native(file) !== file)) return 'absent'
    // Its size alone is what the caller refuses a large file for.
    return status.size > LARGEST_FILE ? new Uint8Array(LARGEST_FILE + 1) : readFileSync(file)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP') return 'absent'
    if (code === 'EACCES' || code === 'EPERM') return isFile ? 'denied' : 'absent'
    throw error
  }
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
