import { realpathSync } from 'node:fs'
import { resolve } from 'node:path'
import { type ProcessEnvironment, runGit } from './git-command.ts'
import { isPathBelow } from './host-path.ts'

/**
 * The variables for git commands that are run in `root`. A hook runs with GIT_DIR, GIT_WORK_TREE and GIT_INDEX_FILE, possibly
 * relative: they come back absolute when they speak of the repository that holds `root`, and are dropped when they do not.
 *
 * @see https://git-scm.com/docs/git#_the_git_repository
 */
export async function repositoryVariables(
  root: string,
  environment: ProcessEnvironment,
  signal: AbortSignal,
): Promise<ProcessEnvironment['variables']> {
  const { variables, directory } = environment
  const inherited = REPOSITORY_VARIABLES.filter((name) => variables[name] !== undefined)
  if (inherited.length === 0) return variables
  const answer = await runGit({ args: ['rev-parse', '--show-toplevel', '--absolute-git-dir'], directory, variables }, signal)
  const [workTree = '', gitDirectory = ''] = answer.kind === 'exited' && answer.code === 0 ? answer.stdout.toString('utf8').split('\n') : []
  if (workTree === '' || !isPathBelow(root, realpathSync(workTree))) return withoutRepository(variables)
  const indexFile = variables['GIT_INDEX_FILE']
  return {
    ...variables,
    GIT_PREFIX: undefined,
    GIT_DIR: gitDirectory,
    GIT_WORK_TREE: workTree,
    // git itself reads a relative one from the top of the work tree.
    GIT_INDEX_FILE: indexFile === undefined ? undefined : resolve(workTree, indexFile),
  }
}

/** Whether a variable tells git which repository to take, or where to look for one, or may do so. */
export function namesRepository(variables: ProcessEnvironment['variables']): boolean {
  if ([...REPOSITORY_VARIABLES, ...SEARCH_VARIABLES].some((name) => variables[name] !== undefined)) return true
  return Object.entries(variables).some(([name, value]) => CONFIG_VARIABLE.test(name) && PLACING_SETTING.test(value ?? ''))
}

/** The variables without those that name a repository: for another repository, such as a submodule. */
export function withoutRepository(variables: ProcessEnvironment['variables']): ProcessEnvironment['variables'] {
  const others = { ...variables }
  for (const name of [...REPOSITORY_VARIABLES, 'GIT_PREFIX']) delete others[name]
  return others
}

/** Those of `git rev-parse --local-env-vars` that choose files. */
const REPOSITORY_VARIABLES = [
  'GIT_DIR',
  'GIT_WORK_TREE',
  'GIT_INDEX_FILE',
  'GIT_COMMON_DIR',
  'GIT_OBJECT_DIRECTORY',
  'GIT_ALTERNATE_OBJECT_DIRECTORIES',
  'GIT_GRAFT_FILE',
  'GIT_SHALLOW_FILE',
]

const SEARCH_VARIABLES = ['GIT_CEILING_DIRECTORIES', 'GIT_DISCOVERY_ACROSS_FILESYSTEM']

/** By which variables pass settings on. */
const CONFIG_VARIABLE = /^GIT_CONFIG_(PARAMETERS|KEY_\d+)$/
const PLACING_SETTING = /worktree|include/i
