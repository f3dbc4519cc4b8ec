import { compareCodeUnits } from './compare.ts'
import type { Span } from './source.ts'

/** A finding in the user's input. Data only: `report` turns it into text with a code frame. */
export interface Diagnostic {
  /** Stable and unique, `area/what-happened`; documented in docs/reference/diagnostics.md. */
  readonly id: string
  readonly severity: 'error' | 'warning'
  /** Lower case, no full stop, names in double quotes. */
  readonly message: string
  readonly span: Span | null
  /** Secondary places: the other definition, the members of a cycle. */
  readonly notes: readonly Note[]
  /** What to do, or null. */
  readonly help: string | null
}

export interface Note {
  readonly message: string
  readonly span: Span | null
}

/** An error-severity Diagnostic with no notes and no help unless given. */
export function diagnostic(fields: Pick<Diagnostic, 'id' | 'message'> & Partial<Diagnostic>): Diagnostic {
  return { severity: 'error', span: null, notes: [], help: null, ...fields }
}

/** The order in which findings are shown: by file, place, id, message; those without a place first. */
export function compareDiagnostics(a: Diagnostic, b: Diagnostic): number {
  return (
    compareCodeUnits(a.span?.file ?? '', b.span?.file ?? '') ||
    (a.span?.offset ?? 0) - (b.span?.offset ?? 0) ||
    compareCodeUnits(a.id, b.id) ||
    compareCodeUnits(a.message, b.message)
  )
}
