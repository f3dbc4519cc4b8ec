import { spawn } from 'node:child_process'
import { type Diagnostic, err, ok, type Result } from '@orchestrate/core'
import { inventoryFinding } from './finding.ts'

/** Environment variables and the directory that relative paths in them start from, as the process was given them. */
export interface ProcessEnvironment {
  readonly variables: Readonly<Record<string, string | undefined>>
  /** Absolute. */
  readonly directory: string
}

export interface GitCall {
  readonly args: readonly string[]
  /** Absolute. */
  readonly directory: string
  readonly variables: Readonly<Record<string, string | undefined>>
  readonly input?: Uint8Array
  /** Takes what git prints piece by piece, instead of `stdout` of the answer. */
  readonly onOutput?: (piece: Buffer) => void
}

/** How git ended; `missing` when there is no git. */
export type GitAnswer =
  | { readonly kind: 'exited'; readonly code: number; readonly stdout: Buffer; readonly stderr: string }
  | { readonly kind: 'missing' }

/**
 * Runs git without a shell, without a terminal and without letting it write to the index.
 *
 * @throws the signal's reason when it was aborted.
 */
export function runGit(call: GitCall, signal: AbortSignal): Promise<GitAnswer> {
  signal.throwIfAborted()
  return new Promise((resolve, reject) => {
    const child = spawn('git', call.args, {
      cwd: call.directory,
      env: { ...call.variables, LC_ALL: 'C', GIT_OPTIONAL_LOCKS: '0', GIT_TERMINAL_PROMPT: '0' },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    const stdout: Buffer[] = []
    const stderr: Buffer[] = []
    const abort = () => void child.kill('SIGKILL')
    signal.addEventListener('abort', abort, { once: true })
    child.stdout.on('data', call.onOutput ?? ((piece: Buffer) => stdout.push(piece)))
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk))
    // git may end before it has read everything: its exit code tells.
    child.stdin.on('error', () => undefined)
    child.stdin.end(call.input)
    child.on('error', (error: NodeJS.ErrnoException) => {
      signal.removeEventListener('abort', abort)
      if (error.code === 'ENOENT') resolve({ kind: 'missing' })
      else reject(error)
    })
    child.on('close', (code) => {
      signal.removeEventListener('abort', abort)
      if (signal.aborted) reject(signal.reason)
      else resolve({ kind: 'exited', code: code ?? 128, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString('utf8') })
    })
  })
}

/** What git printed, or the finding that it failed. */
export async function gitOutput(call: GitCall, signal: AbortSignal): Promise<Result<Buffer, Diagnostic[]>> {
  const answer = await runGit(call, signal)
  if (answer.kind === 'exited' && answer.code === 0) return ok(answer.stdout)
  return err([gitTrouble(call, answer)])
}

/** The finding for an answer that is not a success. */
export function gitTrouble(call: GitCall, answer: GitAnswer): Diagnostic {
  if (answer.kind === 'missing') return inventoryFinding('inputs/git-missing', 'git is not installed')
  const said = answer.stderr.trim().split('\n')
  return inventoryFinding('inputs/git-failed', `"git ${call.args[0] ?? ''}" failed: ${said[0] ?? ''}`, {
    notes: said.slice(1).flatMap((line) => (line.trim() === '' ? [] : [{ message: line.trim(), span: null }])),
  })
}
