import type { Matrix } from './matrix.ts'

/** A job's outputs may be 1 MB, measured roughly as UTF-16. @see https://docs.github.com/actions/reference/limits */
export const MAX_OUTPUT_CHARACTERS = 500_000

/**
 * What goes into the file that `$GITHUB_OUTPUT` names: `matrix` for `strategy.matrix: ${{ fromJSON(…) }}`
 * (only `include`: any other key would be read as a dimension), `count`, and `has-work` for the job's `if`.
 * Null when it would not fit.
 */
export function githubOutput(matrix: Matrix): string | null {
  const text = [`matrix=${JSON.stringify({ include: matrix.include })}`, `count=${matrix.count}`, `has-work=${matrix.hasWork}`, ''].join(
    '\n',
  )
  return text.length > MAX_OUTPUT_CHARACTERS ? null : text
}
