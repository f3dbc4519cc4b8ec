import { type EnvironmentError, environmentError } from '@orchestrate/core'
import { IntegrityError } from '@orchestrate/store'
import { LostLayerError } from './layer-bytes.ts'

/**
 * The trouble behind an error that ended a stream of stored bytes: the run was stopped, or the store lost something.
 * Null for anything else.
 */
export function streamTrouble(error: unknown, signal: AbortSignal): EnvironmentError | null {
  if (signal.aborted) return environmentError({ id: 'image/cancelled', message: 'the run was stopped before the image was complete' })
  if (!(error instanceof IntegrityError || error instanceof LostLayerError)) return null
  return environmentError({
    kind: 'integrity',
    id: 'image/content-lost',
    message: `the store lost a part of an image: ${error.message}`,
    help: 'run orchestrate apply again: it builds what is missing',
  })
}
