import { type Digest, type EnvironmentError, environmentError } from '@orchestrate/core'

/** Thrown by a stream of a blob that turned out to be missing or damaged; what was read before is not to be used. */
export class IntegrityError extends Error {
  override readonly name = 'IntegrityError'
  readonly digest: Digest

  constructor(digest: Digest, message: string, cause?: Error) {
    super(message, { cause })
    this.digest = digest
  }
}

/** The finding for a blob that something needs and that is not there, or not what it was. */
export function unusableBlob(digest: Digest, state: 'missing' | 'damaged', root: string): EnvironmentError {
  if (state === 'missing') {
    return environmentError({
      kind: 'integrity',
      id: 'store/blob-missing',
      message: `the store at "${root}" no longer holds blob ${digest}`,
      help: 'run again: what needs it is built anew',
    })
  }
  return environmentError({
    kind: 'integrity',
    id: 'store/corrupt',
    message: `blob ${digest} in the store at "${root}" is damaged and was moved to "${root}/quarantine"`,
    help: 'run again: what needs it is built anew; if it happens again, check the disk',
  })
}
