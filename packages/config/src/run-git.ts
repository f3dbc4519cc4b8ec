import { spawn } from 'node:child_process'

export interface GitAnswer {
  /** Exit code, or null when git is not there or was killed. */
  readonly code: number | null
  readonly stdout: string
}

/** Runs git; injected, so that what asks git can be tested without it. */
export type GitRunner = (args: readonly string[], options: GitRunOptions) => Promise<GitAnswer>

export interface GitRunOptions {
  readonly cwd: string
  /** What it reads on its standard input. */
  readonly input?: string
}

/** The git on PATH, in the environment of this process, so that GIT_DIR of a hook holds. It takes no optional locks. */
export const runGit: GitRunner = (args, options) =>
  new Promise((resolve) => {
    const child = spawn('git', ['--no-optional-locks', ...args], { cwd: options.cwd, stdio: ['pipe', 'pipe', 'ignore'] })
    const chunks: Buffer[] = []
    child.on('error', () => resolve({ code: null, stdout: '' }))
    child.on('close', (code) => resolve({ code, stdout: Buffer.concat(chunks).toString('utf8') }))
    child.stdout.on('data', (chunk: Buffer) => void chunks.push(chunk))
    // Git may leave before it has read everything; its exit code says why.
    child.stdin.on('error', () => undefined)
    child.stdin.end(options.input ?? '')
  })
