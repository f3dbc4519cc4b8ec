import { assertNever, type Trouble } from '@orchestrate/core'

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
