import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { canonicalJson, type Diagnostic, type Digest, digestOf, err, ok, type Result } from '@orchestrate/core'
import { inventoryFinding } from './finding.ts'
import { gitOutput, gitTrouble, type ProcessEnvironment, runGit } from './git-command.ts'

/** A repository whose index, or one of whose commits, is read. */
export interface IndexRepository {
  /** Absolute path of the top of its work tree. */
  readonly workTree: string
  /** With an absolute GIT_DIR, and GIT_INDEX_FILE where it is not the usual one. */
  readonly variables: ProcessEnvironment['variables']
  /** The commit whose tree counts, for a submodule; null for the index. */
  readonly commit: string | null
  /** Of everything outside of the index that decides how its files are checked out. */
  readonly conversion: Digest
}

/** The repository whose work tree holds `directory`. */
export async function openIndexRepository(
  directory: string,
  source: { readonly variables: ProcessEnvironment['variables']; readonly commit: string | null },
  signal: AbortSignal,
): Promise<Result<IndexRepository, Diagnostic[]>> {
  const { variables, commit } = source
  const locate = { args: ['rev-parse', '--show-toplevel', '--absolute-git-dir', '--git-path', 'info/attributes'], directory, variables }
  const config = { args: ['config', '-z', '--get-regexp', CONVERSION_KEYS], directory, variables }
  const [located, configured] = await Promise.all([runGit(locate, signal), runGit(config, signal)])
  if (located.kind === 'missing') return err([gitTrouble(locate, located)])
  if (located.code !== 0) return err([noRepository(located.stderr)])
  const [workTree = '', gitDirectory = '', attributes = ''] = located.stdout.toString('utf8').split('\n')
  const settings = configured.kind === 'exited' ? configured.stdout.toString('utf8') : ''
  const files = [resolve(directory, attributes), ...attributeFiles(settings, variables)]
  const conversion = digestOf(canonicalJson([settings, ...files.map(readIfThere)]))
  return ok({ workTree, commit, conversion, variables: { ...variables, GIT_DIR: gitDirectory } })
}

/** What `git config` has to say about checking out; exit code 1 means nothing. */
const CONVERSION_KEYS = '^(core\\.(autocrlf|eol|attributesfile|symlinks|checkroundtripencoding)|filter\\..*)$'

/** @see https://git-scm.com/docs/gitattributes#_description */
function attributeFiles(settings: string, variables: ProcessEnvironment['variables']): readonly string[] {
  const home = variables['HOME'] ?? ''
  const configHome = variables['XDG_CONFIG_HOME']
  const configured = /(?:^|\0)core\.attributesfile\n([^\0]*)/.exec(settings)?.[1]
  const ofUser = configured ?? join(configHome === undefined || configHome === '' ? join(home, '.config') : configHome, 'git/attributes')
  return [ofUser.startsWith('~/') ? join(home, ofUser.slice(2)) : ofUser, '/etc/gitattributes']
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // git, too, goes without an attributes file that it cannot read.
    return ''
  }
}

function noRepository(stderr: string): Diagnostic {
  const message = 'the index was asked for, but the workspace is not in the work tree of a git repository'
  return inventoryFinding('inputs/no-repository', message, { notes: [{ message: stderr.trim().split('\n')[0] ?? '', span: null }] })
}

/** `git ls-files -s -z` of the whole index, or the same of the commit's tree. */
export function readEntries(repository: IndexRepository, signal: AbortSignal): Promise<Result<Buffer, Diagnostic[]>> {
  const { workTree, variables, commit } = repository
  const args = commit === null ? ['ls-files', '-s', '-z'] : ['ls-tree', '-r', '-z', '--full-tree', commit]
  return gitOutput({ args, directory: workTree, variables: { ...variables, GIT_WORK_TREE: workTree } }, signal)
}
