import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Diagnostic, err, ok, type Result, type WorkspacePath } from '@orchestrate/core'
import { walkDirectory } from './directory-walk.ts'
import { decodeNames, toWorkspacePath } from './file-names.ts'
import { type GitAnswer, type GitCall, gitTrouble, type ProcessEnvironment, runGit } from './git-command.ts'
import { repositoryVariables, withoutRepository } from './git-environment.ts'
import { createTrackedPaths, type TrackedPaths } from './index-entries.ts'
import { type FoundIndex, findIndex, type ReadIndex, readIndex } from './read-index.ts'
import { rangeBelow, sortedUnique } from './sorted-paths.ts'
import { type VouchedFiles, vouchForFiles } from './vouched-files.ts'

/** The files of a work tree. */
export interface WorkTreeListing {
  /** Sorted by code unit. */
  readonly paths: readonly WorkspacePath[]
  /** Which of them git saw unchanged; null when it was not asked. */
  vouched(): Promise<VouchedFiles | null>
}

/**
 * Every file of the work tree that git does not ignore, submodules and nested repositories included; tracked files that were
 * deleted are still among them. Outside of a repository, or in a directory that the repository ignores, every file there is.
 */
export async function listWorkTree(
  root: string,
  environment: ProcessEnvironment,
  signal: AbortSignal,
): Promise<Result<WorkTreeListing, Diagnostic[]>> {
  const variables = await repositoryVariables(root, environment, signal)
  const found = findIndex(root, variables)
  const vouch = found === null ? null : vouchForFiles(found, { directory: root, variables }, signal)
  const listed = await listRepository({ directory: root, prefix: '', variables, found }, signal)
  if (!listed.ok) return listed
  const { paths, index } = listed.value ?? { paths: [], index: null }
  if (paths.length === 0) return without(walkDirectory(root))
  return ok({ paths: sortedUnique(paths.map(toWorkspacePath)), vouched: async () => (index === null ? null : (vouch?.(index) ?? null)) })
}

function without(walked: Result<readonly WorkspacePath[], Diagnostic[]>): Result<WorkTreeListing, Diagnostic[]> {
  return walked.ok ? ok({ paths: walked.value, vouched: async () => null }) : walked
}

interface Place {
  /** Absolute. */
  readonly directory: string
  /** What its paths start with in the workspace: empty, or with a slash at its end. */
  readonly prefix: string
  readonly variables: ProcessEnvironment['variables']
  readonly found: FoundIndex | null
}

interface ListedRepository {
  /** In any order. */
  readonly paths: string[]
  /** Where the tracked ones come from, or null when git said it. */
  readonly index: ReadIndex | null
}

/** Null when there is no repository. */
async function listRepository(place: Place, signal: AbortSignal): Promise<Result<ListedRepository | null, Diagnostic[]>> {
  const { directory, variables } = place
  const others: GitCall = { args: ['ls-files', '-o', '--exclude-standard', '-z'], directory, variables }
  const listing = runGit(others, signal)
  // While git looks for new files.
  const index = place.found === null ? null : readIndex(place.found)
  const [othersAnswer, tracked] = await Promise.all([listing, index ?? listTracked(place, signal)])
  if ('kind' in tracked) return hasRepository(directory) ? err([gitTrouble(trackedCall(place), tracked)]) : ok(null)
  if (!succeeded(othersAnswer)) return err([gitTrouble(others, othersAnswer)])
  // What was staged meanwhile is neither in the old index nor new.
  if (index?.isCurrent() === false) return listRepository({ ...place, found: null }, signal)
  const { files, submodules } = tracked
  const untracked = decodeNames(othersAnswer.stdout)
  // git shows a repository inside the work tree as a directory.
  const repositories = untracked.filter((path) => path.endsWith('/')).map((path) => path.slice(0, -1))
  const untrackedFiles = untracked.filter((path) => !path.endsWith('/'))
  const paths = [...withoutReplaced(files, untrackedFiles), ...untrackedFiles]
  const located = place.prefix === '' ? paths : paths.map((path) => place.prefix + path)
  const all = await addNested(located, place, [...submodules, ...repositories], signal)
  return all.ok ? ok({ paths: all.value, index }) : all
}

const trackedCall = ({ directory, variables }: Place): GitCall => ({ args: ['ls-files', '-s', '-z'], directory, variables })

async function listTracked(place: Place, signal: AbortSignal): Promise<TrackedPaths | GitAnswer> {
  const reader = createTrackedPaths()
  const answer = await runGit({ ...trackedCall(place), onOutput: (piece) => reader.feed(piece) }, signal)
  return succeeded(answer) ? reader.finish() : answer
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
    const prefix = `${place.prefix}${path}/`
    const listed = await listRepository({ directory, prefix, variables, found: findIndex(directory, variables) }, signal)
    if (!listed.ok) return listed
    for (const file of listed.value?.paths ?? []) paths.push(file)
  }
  return ok(paths)
}

function hasRepository(directory: string): boolean {
  if (existsSync(join(directory, '.git'))) return true
  const parent = dirname(directory)
  return parent !== directory && hasRepository(parent)
}
