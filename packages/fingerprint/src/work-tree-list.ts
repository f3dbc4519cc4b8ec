import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Diagnostic, err, ok, type Result, type WorkspacePath } from '@orchestrate/core'
import { walkDirectory } from './directory-walk.ts'
import { decodeNames, toWorkspacePath } from './file-names.ts'
import { type GitAnswer, type GitCall, gitTrouble, type ProcessEnvironment, runGit } from './git-command.ts'
import { repositoryVariables, withoutRepository } from './git-environment.ts'
import { createTrackedPaths, type TrackedPaths } from './index-entries.ts'
import { rangeBelow, sortedUnique } from './sorted-paths.ts'

export interface ListWatch {
  readonly signal: AbortSignal
  /** Takes, in git's order, what the repository tracks, while git still looks for new files: nearly everything that will be listed. */
  readonly onTracked?: (paths: readonly string[]) => void
}

/**
 * Every file of the work tree that git does not ignore, submodules and nested repositories included; tracked files that were
 * deleted are still among them. Outside of a repository, or in a directory that the repository ignores, every file there is.
 */
export async function listWorkTree(
  root: string,
  environment: ProcessEnvironment,
  watch: ListWatch,
): Promise<Result<readonly WorkspacePath[], Diagnostic[]>> {
  const { signal } = watch
  const variables = await repositoryVariables(root, environment, signal)
  const listed = await listRepository({ directory: root, prefix: '', variables, onTracked: watch.onTracked }, signal)
  if (!listed.ok) return listed
  if (listed.value === null || listed.value.length === 0) return walkDirectory(root)
  return ok(sortedUnique(listed.value.map(toWorkspacePath)))
}

interface Place {
  /** Absolute. */
  readonly directory: string
  /** What its paths start with in the workspace: empty, or with a slash at its end. */
  readonly prefix: string
  readonly variables: ProcessEnvironment['variables']
  readonly onTracked?: ListWatch['onTracked']
}

/** Paths in any order, or null when there is no repository. */
async function listRepository(place: Place, signal: AbortSignal): Promise<Result<string[] | null, Diagnostic[]>> {
  const { directory, variables } = place
  const index: GitCall = { args: ['ls-files', '-s', '-z'], directory, variables }
  const others: GitCall = { args: ['ls-files', '-o', '--exclude-standard', '-z'], directory, variables }
  const [othersAnswer, tracked] = await Promise.all([runGit(others, signal), listTracked(index, place, signal)])
  if (tracked.kind === 'failed') return hasRepository(directory) ? err([gitTrouble(index, tracked.answer)]) : ok(null)
  if (!succeeded(othersAnswer)) return err([gitTrouble(others, othersAnswer)])
  const { files, submodules } = tracked
  const untracked = decodeNames(othersAnswer.stdout)
  // git shows a repository inside the work tree as a directory.
  const repositories = untracked.filter((path) => path.endsWith('/')).map((path) => path.slice(0, -1))
  const untrackedFiles = untracked.filter((path) => !path.endsWith('/'))
  const paths = [...withoutReplaced(files, untrackedFiles), ...untrackedFiles]
  const located = place.prefix === '' ? paths : paths.map((path) => place.prefix + path)
  return addNested(located, place, [...submodules, ...repositories], signal)
}

type Tracked = ({ readonly kind: 'listed' } & TrackedPaths) | { readonly kind: 'failed'; readonly answer: GitAnswer }

async function listTracked(index: GitCall, { onTracked }: Place, signal: AbortSignal): Promise<Tracked> {
  const reader = createTrackedPaths()
  const answer = await runGit({ ...index, onOutput: (piece) => reader.feed(piece) }, signal)
  if (!succeeded(answer)) return { kind: 'failed', answer }
  const tracked = reader.finish()
  onTracked?.(tracked.files)
  return { kind: 'listed', ...tracked }
}

function succeeded(answer: GitAnswer): answer is Extract<GitAnswer, { kind: 'exited' }> {
  return answer.kind === 'exited' && answer.code === 0
}

/** Tracked files, without those in a directory that a file or a symlink has replaced. */
function withoutReplaced(tracked: readonly string[], untracked: readonly string[]): readonly string[] {
  const sorted = sortedUnique(tracked)
  const gone = new Set<string>()
  for (const path of untracked) {
    const { from, to } = rangeBelow(sorted, path)
    for (let at = from; at < to; at += 1) gone.add(sorted[at] ?? '')
  }
  return gone.size === 0 ? sorted : sorted.filter((path) => !gone.has(path))
}

/** Adds the files of submodules that are checked out, and of repositories that lie in the work tree untracked. */
async function addNested(
  paths: string[],
  place: Place,
  directories: readonly string[],
  signal: AbortSignal,
): Promise<Result<string[], Diagnostic[]>> {
  const variables = withoutRepository(place.variables)
  for (const path of directories) {
    const directory = join(place.directory, path)
    if (!existsSync(join(directory, '.git'))) continue
    const listed = await listRepository({ directory, prefix: `${place.prefix}${path}/`, variables }, signal)
    if (!listed.ok) return listed
    for (const file of listed.value ?? []) paths.push(file)
  }
  return ok(paths)
}

function hasRepository(directory: string): boolean {
  if (existsSync(join(directory, '.git'))) return true
  const parent = dirname(directory)
  return parent !== directory && hasRepository(parent)
}
