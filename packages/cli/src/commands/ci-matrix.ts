import { appendFileSync } from 'node:fs'
import { ciMatrix as cutMatrix, githubOutput } from '@orchestrate/ci'
import { environmentError } from '@orchestrate/core'
import type { Plan } from '@orchestrate/plan'
import { EXIT, type ExitCode } from '../exit-code.ts'
import type { Invocation } from '../invocation.ts'
import { stopCommand, trouble } from '../stop.ts'
import { withPlan } from '../with-plan.ts'

/** `orchestrate ci matrix`: one job per group of services that act. */
export async function ciMatrix(
  invocation: Invocation,
  options: { readonly services: readonly string[]; readonly overrides: readonly string[] },
): Promise<ExitCode> {
  return withPlan(invocation, { ...options, staged: false }, ({ plan }) => answerMatrix(invocation, plan))
}

function answerMatrix(invocation: Invocation, plan: Plan): ExitCode {
  const matrix = cutMatrix(plan)
  if (!matrix.ok) {
    const { count, limit } = matrix.error
    return stopCommand(invocation, {
      kind: 'usage',
      message: `the matrix would have ${count} entries; GitHub Actions refuses more than ${limit}`,
      help: 'select fewer services, or cut the workspace in two jobs that each plan a part',
    })
  }
  invocation.host.stdout.write(`${JSON.stringify(matrix.value)}\n`)
  const file = invocation.host.env['GITHUB_OUTPUT'] ?? ''
  return file === '' ? EXIT.done : writeGithubOutput(invocation, file, githubOutput(matrix.value))
}

function writeGithubOutput(invocation: Invocation, file: string, text: string | null): ExitCode {
  if (text === null) {
    return stopCommand(invocation, {
      kind: 'usage',
      message: 'the matrix does not fit into a GitHub Actions job output (1 MB)',
      help: 'select fewer services',
    })
  }
  try {
    appendFileSync(file, text)
    return EXIT.done
  } catch (cause) {
    const message = `cannot write the file that GITHUB_OUTPUT names, "${file}": ${cause instanceof Error ? cause.message : String(cause)}`
    return stopCommand(
      invocation,
      trouble(environmentError({ id: 'ci/output-not-written', message, help: 'unset GITHUB_OUTPUT, or make the file writable' })),
    )
  }
}
