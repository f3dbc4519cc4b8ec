/**
 * An expected bad outcome of a build: the command exited non-zero, an output is missing, a gate failed.
 * Exit code 1.
 */
export interface Failure {
  readonly kind: 'failure'
  /** `build/exited`, `build/output-missing`, `image/too-large`, …; documented like a Diagnostic's. */
  readonly id: string
  readonly message: string
  /** Further lines: what was there instead, the digests that differ. */
  readonly details: readonly string[]
  readonly help: string | null
}

/** A bad state of the surroundings: no engine, disk full, permission denied. Exit code 5, or 7 for `integrity`. */
export interface EnvironmentError {
  readonly kind: 'environment' | 'integrity'
  readonly id: string
  readonly message: string
  readonly details: readonly string[]
  readonly help: string | null
}

export type Trouble = Failure | EnvironmentError

export function failure(fields: Pick<Failure, 'id' | 'message'> & Partial<Failure>): Failure {
  return { kind: 'failure', details: [], help: null, ...fields }
}

export function environmentError(fields: Pick<EnvironmentError, 'id' | 'message'> & Partial<EnvironmentError>): EnvironmentError {
  return { kind: 'environment', details: [], help: null, ...fields }
}
