import { readFileSync, writeFileSync, mkdirSync, chownSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { runProcess } from '../e2e/rig.ts'
import type { UnprivilegedUser } from './unprivileged-user.ts'

const repository = resolve(import.meta.dirname, '../..')

/** What a user's run of test files came to. */
export interface TestRun {
  readonly passed: number
  /** Title and first lines of why, of each that failed. */
  readonly failed: readonly string[]
  /** What was said, when there is no result at all. */
  readonly trouble: string | null
}

/** As vitest's JSON reporter writes it. */
interface Report {
  readonly testResults: readonly {
    readonly message: string
    readonly assertionResults: readonly {
      readonly fullName: string
      readonly status: string
      readonly failureMessages: readonly string[]
    }[]
  }[]
}

/**
 * Runs test files of this repository as an ordinary user. The repository and Node may lie where only root can go, so that both are
 * mounted into the user's home, in a mount namespace that ends with the run.
 */
export async function runTestsAs(user: UnprivilegedUser, files: readonly string[]): Promise<TestRun> {
  const at = (name: string): string => join(user.home, name)
  mkdirSync(at('repository'))
  writeFileSync(at('node'), '')
  mkdirSync(at('temporary'))
  const { uid, gid } = statSync(user.workspace)
  chownSync(at('temporary'), uid, gid)
  const report = at('temporary/report.json')
  const vitest = [
    'node_modules/vitest/vitest.mjs',
    'run',
    '--configLoader',
    'runner',
    '--project',
    'as-user',
    '--reporter',
    'json',
    '--outputFile',
    report,
    ...files,
  ]
  const script = `set -e
mount --bind "$1" "$2"
mount --bind "$3" "$4"
cd "$2"
user=$5
shift 5
exec setpriv --reuid="$user" --regid="$user" --init-groups "$@"`
  const mounts = [repository, at('repository'), process.execPath, at('node')]
  const { code, stdout, stderr } = await runProcess(
    'unshare',
    ['--mount', 'sh', '-c', script, 'sh', ...mounts, user.name, at('node'), ...vitest],
    { cwd: '/', env: { PATH: process.env['PATH'], HOME: user.home, TMPDIR: at('temporary'), NO_COLOR: '1' } },
  )
  return readReport(report) ?? { passed: 0, failed: [], trouble: `ended with ${code}\n${stdout}${stderr}` }
}

function readReport(file: string): TestRun | null {
  try {
    const { testResults } = JSON.parse(readFileSync(file, 'utf8')) as Report
    const tests = testResults.flatMap(({ assertionResults }) => assertionResults)
    const failed = tests.filter(({ status }) => status === 'failed')
    const lost = testResults.filter(({ assertionResults, message }) => assertionResults.length === 0 && message !== '')
    return {
      passed: tests.filter(({ status }) => status === 'passed').length,
      failed: failed.map(
        ({ fullName, failureMessages }) => `${fullName}\n${failureMessages.join('\n').split('\n').slice(0, 12).join('\n')}`,
      ),
      trouble: lost.length === 0 ? null : lost.map(({ message }) => message).join('\n'),
    }
  } catch {
    return null
  }
}
