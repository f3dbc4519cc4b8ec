import { type EnvironmentError, environmentError } from '@orchestrate/core'
import { EMBEDDED_DIAGNOSTICS } from './diagnostics.ts'

export type EmbeddedDiagnosticId = (typeof EMBEDDED_DIAGNOSTICS)[number]['id']

/** An error of this engine, with the help that its id is documented with. */
export function embeddedError(id: EmbeddedDiagnosticId, message: string, details: readonly string[] = []): EnvironmentError {
  const known = EMBEDDED_DIAGNOSTICS.find((candidate) => candidate.id === id)
  if (known === undefined) throw new Error(`unlisted diagnostic: ${id}`)
  return environmentError({ kind: known.kind, id, message, details, help: known.help })
}
