import { readFileSync } from 'node:fs'
import { type Digest, digestOf } from '@orchestrate/core'
import { type GitAnswer, type GitCall, type ProcessEnvironment, runGit } from './git-command.ts'
import { findIndex, readIndexState } from './git-index-place.ts'

/** Where to look. */
export interface TreePlace {
  /** Absolute real path of the workspace. */
  readonly root: string
  readonly environment: ProcessEnvironment
}

/** What git, which looks at a hundred thousand files in the time that we look at ten thousand, says of a work tree. */
export interface GitGlance {
  /** Of the index before and after git looked; see IndexState. */
  readonly index: { readonly mark: string; readonly changedAt: number; readonly hasChecksum: boolean }
  /** What paths of the repository start with in the workspace. */
  readonly prefix: string
  /** Paths, each with a NUL: what is not in the state that the index has for it, or gone. */
  readonly changed: Buffer
  /** Paths, each with a NUL: what is neither tracked nor ignored. A repository of its own ends in a slash. */
  readonly untracked: Buffer
  /** Of all of this. */
  readonly digest: Digest
  /** The index file, unless it was replaced meanwhile. */
  readIndex(): Buffer | null
}

/**
 * Lets git compare every tracked file with its index, and look for new ones. Null when there is no plain repository, when git
 * fails, and when somebody wrote the index meanwhile: then everything has to be looked at.
 *
 * git compares sizes, inodes and whole seconds of times. That is enough for a state that is older than a second when the file
 * is read: whoever changes it later changes the second of its ctime.
 * @throws the signal's reason when it was aborted.
 */
export async function glance({ root, environment }: TreePlace, signal: AbortSignal): Promise<GitGlance | null> {
  const place = findIndex(root, environment)
  const index = place === null ? null : readIndexState(place.path)
  if (place === null || index === null) return null
  const call = (args: readonly string[]): GitCall => ({ args, directory: root, variables: environment.variables })
  const within = place.prefix === '' ? [] : ['--relative']
  const [changed, untracked] = await Promise.all([
    runGit(call([...STRICTLY, 'diff-files', '--name-only', '-z', '--ignore-submodules=all', '--no-ext-diff', ...within]), signal),
    runGit(call(['ls-files', '-o', '--exclude-standard', '-z']), signal),
  ])
  const isSame = readIndexState(place.path)?.mark === index.mark
  if (!isSame || !succeeded(changed) || !succeeded(untracked)) return null
  return {
    index,
    prefix: place.prefix,
    changed: changed.stdout,
    untracked: untracked.stdout,
    digest: digestOf([index.mark, place.prefix, digestOf(changed.stdout), digestOf(untracked.stdout)].join('\n')),
    readIndex: () => {
      const bytes = readFileSync(place.path)
      return readIndexState(place.path)?.mark === index.mark ? bytes : null
    },
  }
}

/** Whatever the user's configuration lets git overlook or believe without looking. */
const STRICTLY = [
  'core.fsmonitor=false',
  'core.trustctime=true',
  'core.checkStat=default',
  'core.fileMode=true',
  'core.preloadIndex=true',
].flatMap((setting) => ['-c', setting])

function succeeded(answer: GitAnswer): answer is Extract<GitAnswer, { kind: 'exited' }> {
  return answer.kind === 'exited' && answer.code === 0
}
