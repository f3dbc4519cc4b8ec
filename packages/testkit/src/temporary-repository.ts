import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** A directory with a git repository in it that knows nothing of the machine's git configuration; disposing removes it. */
export interface TemporaryRepository extends Disposable {
  /** Absolute real path of the work tree. */
  readonly root: string
  /** An empty directory beside the work tree. */
  readonly scratch: string
  /** What git is run with: a HOME of its own, a fixed identity and time, nothing else. */
  readonly variables: Readonly<Record<string, string>>
  /** Runs git in the work tree and gives what it printed. */
  git(...args: readonly string[]): string
  /** Writes files below the root, with the directories they need. */
  write(files: Readonly<Record<string, string | Uint8Array>>): void
}

/** With `git: false` the directory holds no repository. */
export function temporaryRepository(options: { readonly git: boolean } = { git: true }): TemporaryRepository {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'orchestrate-repository-')))
  const root = join(base, 'work')
  const scratch = join(base, 'scratch')
  for (const directory of [root, scratch, join(base, 'home')]) mkdirSync(directory)
  const variables = {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    HOME: join(base, 'home'),
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: 'test',
    GIT_AUTHOR_EMAIL: 'test@example.com',
    GIT_COMMITTER_NAME: 'test',
    GIT_COMMITTER_EMAIL: 'test@example.com',
  }
  const git = (...args: readonly string[]) =>
    execFileSync('git', ['-c', 'protocol.file.allow=always', ...args], {
      cwd: root,
      env: variables,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  if (options.git) git('init', '-q', '-b', 'main')
  return {
    root,
    scratch,
    variables,
    git,
    write: (files) => {
      for (const [path, content] of Object.entries(files)) {
        mkdirSync(dirname(join(root, path)), { recursive: true })
        writeFileSync(join(root, path), content)
      }
    },
    [Symbol.dispose]: () => rmSync(base, { recursive: true, force: true }),
  }
}
