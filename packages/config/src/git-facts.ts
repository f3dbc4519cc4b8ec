import { type GitRunner, runGit } from './run-git.ts'

/** What tags, labels and annotations may say about the commit that is checked out. */
export interface Commit {
  /** 40 hexadecimal digits (64 in a SHA-256 repository). */
  readonly sha: string
  /** Null when no branch is checked out. */
  readonly branch: string | null
  /** A tag of exactly this commit, or null. */
  readonly tag: string | null
  /** Whether a tracked file differs from the commit. */
  readonly dirty: boolean
  /** When it was committed: seconds since the Unix epoch. */
  readonly time: number
}

/** Asked only when a builder.yaml reads git.*, date or `created: commit`. */
export interface GitFacts {
  /** The commit that is checked out, or null when there is none. */
  commit(): Promise<Commit | null>
}

/** Git's facts about the repository that holds `directory`. */
export function workTreeGitFacts(directory: string, run: GitRunner = runGit): GitFacts {
  const ask = async (...args: string[]) => {
    const answer = await run(args, { cwd: directory })
    return answer.code === 0 ? answer.stdout.trim() : null
  }
  return {
    async commit() {
      const [head, branch, tag, status] = await Promise.all([
        ask('log', '-1', '--format=%H %ct'),
        ask('branch', '--show-current'),
        ask('describe', '--tags', '--exact-match'),
        ask('status', '--porcelain', '--untracked-files=no'),
      ])
      const [sha, time] = head?.split(' ') ?? []
      if (sha === undefined || time === undefined) return null
      return { sha, branch: branch || null, tag: tag || null, dirty: status !== '', time: Number(time) }
    },
  }
}
