import { assertNever, type Diagnostic, type Trouble } from '@orchestrate/core'

/** The exit codes of `orchestrate`, the same for every command. */
export const EXIT = {
  done: 0,
  buildFailed: 1,
  changesPending: 2,
  planStale: 3,
  locked: 4,
  environment: 5,
  publishingFailed: 6,
  integrity: 7,
  wrongInput: 64,
  bug: 70,
  interrupted: 130,
  terminated: 143,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** The code for one trouble. */
export function exitCodeOf(trouble: Trouble): ExitCode {
  switch (trouble.kind) {
    case 'failure':
      return EXIT.buildFailed
    case 'environment':
      return EXIT.environment
    case 'integrity':
      return EXIT.integrity
    default:
      return assertNever(trouble)
  }
}

/** The code of a run with several troubles: what is wrong with the surroundings explains the rest, so it comes first. */
export function worstExitCode(troubles: readonly Trouble[]): ExitCode {
  const codes = new Set(troubles.map(exitCodeOf))
  return [EXIT.integrity, EXIT.environment, EXIT.buildFailed].find((code) => codes.has(code)) ?? EXIT.done
}

/** Findings about this machine, not about what was written. */
const ENVIRONMENT_FINDINGS: ReadonlySet<string> = new Set([
  'config/unreadable',
  'inputs/git-missing',
  'inputs/git-failed',
  'inputs/unreadable',
])

/** The code of findings that keep a command from its work: wrong input, unless nothing but the machine is at fault. */
export function exitCodeOfFindings(diagnostics: readonly Diagnostic[]): ExitCode {
  const errors = diagnostics.filter(({ severity }) => severity === 'error')
  if (errors.length === 0) return EXIT.done
  return errors.every(({ id }) => ENVIRONMENT_FINDINGS.has(id)) ? EXIT.environment : EXIT.wrongInput
}
