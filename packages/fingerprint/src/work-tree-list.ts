import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Diagnostic, err, ok, type Result, type WorkspacePath } from '@orchestrate/core'
import { walkDirectory } from './directory-walk.ts'
import { decodeNames, toWorkspacePath } from './file-names.ts'
import { type GitAnswer, type GitCall, gitTrouble, type ProcessEnvironment, runGit } from './git-command.ts'
import { repositoryVariables, withoutRepository } from './git-environment.ts'
import type { GitGlance, TreePlace } from './git-glance.ts'
import { parseIndexFile } from './git-index-file.ts'
import { createTrackedPaths } from './index-entries.ts'
import { rangeBelow, sortedUnique } from './sorted-paths.ts'
import { createWitness, type Witness } from './witness.ts'

/** The files of a work tree. */
export interface WorkTreeListing {
  /** Sorted by code unit. */
  readonly paths: readonly WorkspacePath[]
  /** What git knows of the states of tracked files; null where it was not asked, or cannot say. */
  readonly witness: Witness | null
  /** False when it holds repositories of their own: what git said of the outer one does not speak of them. */
  readonly isOneRepository: boolean
}

/**
 * Every file of the work tree that git does not ignore, submodules and nested repositories included; tracked files that were
 * deleted are still among them. Outside of a repository, or in a directory that the repository ignores, every file there is.
 *
 * @param seen what git said of it already.
 */
export async function listWorkTree(
  { root, environment }: TreePlace,
  seen: GitGlance | null,
  signal: AbortSignal,
): Promise<Result<WorkTreeListing, Diagnostic[]>> {
  const index = seen === null ? null : readIndex(seen)
  const variables = seen === null ? await repositoryVariables(root, environment, signal) : environment.variables
  const place = { directory: root, prefix: '', variables }
  const listed = index === null ? await listRepository(place, signal) : await listAround(index, place, signal)
  if (!listed.ok) return listed
  if (listed.value === null || listed.value.paths.length === 0) {
    const walked = walkDirectory(root)
    return walked.ok ? ok({ paths: walked.value, witness: null, isOneRepository: false }) : walked
  }
  const { paths, isOneRepository } = listed.value
  return ok({ paths: sortedUnique(paths.map(toWorkspacePath)), isOneRepository, witness: index?.witness ?? null })
}

interface SeenRepository extends Repository {
  readonly witness: Witness
}

/** What the index and git's answers say together; null when the index is not one that we read. */
function readIndex(seen: GitGlance): SeenRepository | null {
  const bytes = seen.readIndex()
  const index = bytes === null ? null : parseIndexFile(bytes)
  if (index === null) return null
  const { prefix } = seen
  const below = (paths: readonly string[]): readonly string[] =>
    prefix === '' ? paths : paths.flatMap((path) => (path.startsWith(prefix) ? [path.slice(prefix.length)] : []))
  return {
    files: below(index.paths),
    submodules: below(index.submodules),
    untracked: decodeNames(seen.untracked),
    witness: createWitness({ index, prefix, changed: decodeNames(seen.changed) }),
  }
}

/** A repository without what lies in others. */
interface Repository {
  readonly files: readonly string[]
  readonly submodules: readonly string[]
  /** Those that end in a slash are repositories. */
  readonly untracked: readonly string[]
}

interface Listed {
  /** In any order. */
  readonly paths: string[]
  readonly isOneRepository: boolean
}

interface Place {
  /** Absolute. */
  readonly directory: string
  /** What its paths start with in the workspace: empty, or with a slash at its end. */
  readonly prefix: string
  readonly variables: ProcessEnvironment['variables']
}

/** Null when there is no repository. */
async function listRepository(place: Place, signal: AbortSignal): Promise<Result<Listed | null, Diagnostic[]>> {
  const { directory, variables } = place
  const index: GitCall = { args: ['ls-files', '-s', '-z'], directory, variables }
  const others: GitCall = { args: ['ls-files', '-o', '--exclude-standard', '-z'], directory, variables }
  const reader = createTrackedPaths()
  const [tracked, untracked] = await Promise.all([
    runGit({ ...index, onOutput: (piece) => reader.feed(piece) }, signal),
    runGit(others, signal),
  ])
  if (!succeeded(tracked)) return hasRepository(directory) ? err([gitTrouble(index, tracked)]) : ok(null)
  if (!succeeded(untracked)) return err([gitTrouble(others, untracked)])
  return listAround({ ...reader.finish(), untracked: decodeNames(untracked.stdout) }, place, signal)
}

function succeeded(answer: GitAnswer): answer is Extract<GitAnswer, { kind: 'exited' }> {
  return answer.kind === 'exited' && answer.code === 0
}

async function listAround(
  { files, submodules, untracked }: Repository,
  place: Place,
  signal: AbortSignal,
): Promise<Result<Listed, Diagnostic[]>> {
  // git shows a repository inside the work tree as a directory.
  const repositories = untracked.filter((path) => path.endsWith('/')).map((path) => path.slice(0, -1))
  const untrackedFiles = untracked.filter((path) => !path.endsWith('/'))
  const paths = [...withoutReplaced(files, untrackedFiles), ...untrackedFiles]
  const located = place.prefix === '' ? paths : paths.map((path) => place.prefix + path)
  const added = await addNested(located, place, [...submodules, ...repositories], signal)
  return added.ok ? ok({ paths: added.value, isOneRepository: submodules.length + repositories.length === 0 }) : added
}

/** Tracked files, without those in a directory that a file or a symlink has replaced. */
function withoutReplaced(tracked: readonly string[], untracked: readonly string[]): readonly string[] {
  if (untracked.length === 0) return tracked
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
    for (const file of listed.value?.paths ?? []) paths.push(file)
  }
  return ok(paths)
}

function hasRepository(directory: string): boolean {
  if (existsSync(join(directory, '.git'))) return true
  const parent = dirname(directory)
  return parent !== directory && hasRepository(parent)
}
