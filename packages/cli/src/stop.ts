import { assertNever, type Diagnostic, type Trouble } from '@orchestrate/core'
import { renderDiagnostics, renderTrouble, renderUsageError, type UsageError } from '@orchestrate/report'
import { EXIT, type ExitCode, exitCodeOfFindings, worstExitCode } from './exit-code.ts'
import type { Invocation } from './invocation.ts'

/** Why a command ends before its work is done. */
export type Stop =
  | { readonly kind: 'findings'; readonly diagnostics: readonly Diagnostic[]; readonly files: ReadonlyMap<string, string> }
  | { readonly kind: 'trouble'; readonly trouble: Trouble }
  /** Interrupted before there was anything to sum up. */
  | { readonly kind: 'cancelled' }
  /** A question that cannot be answered, in words that need no frame. */
  | ({ readonly kind: 'usage' } & UsageError)

/** Says why on stderr. @returns the exit code. */
export function stopCommand({ host, colorOf }: Invocation, stop: Stop): ExitCode {
  const color = colorOf(host.stderr)
  switch (stop.kind) {
    case 'findings':
      host.stderr.write(renderDiagnostics(stop.diagnostics, { files: stop.files, color }))
      return exitCodeOfFindings(stop.diagnostics)
    case 'trouble':
      host.stderr.write(renderTrouble(stop.trouble, { color }))
      return worstExitCode([stop.trouble])
    case 'usage':
      host.stderr.write(renderUsageError(stop, { color }))
      return EXIT.wrongInput
    case 'cancelled':
      return EXIT.interrupted
    default:
      return assertNever(stop)
  }
}

export const findings = (diagnostics: readonly Diagnostic[], files: ReadonlyMap<string, string> = new Map()): Stop => ({
  kind: 'findings',
  diagnostics,
  files,
})

export const trouble = (cause: Trouble): Stop => ({ kind: 'trouble', trouble: cause })
