import { EventEmitter } from 'node:events'
import { archiveHead } from './docker-archive.ts'

/** An archive whose first bytes are sent before anybody knows the rest. Either `send` or `abandon` is called, once. */
export interface BegunArchive {
  readonly content: AsyncIterable<Uint8Array>
  /** Gives the rest: an archive that was written `afterHead`. */
  readonly send: (rest: AsyncIterable<Uint8Array>) => void
  /** Ends `content` with an AbandonedError. */
  readonly abandon: () => void
}

/** Thrown into an upload whose image was not made, or is there already. */
export class AbandonedError extends Error {
  override readonly name = 'AbandonedError'
}

export function beginArchive(): BegunArchive {
  const decided = new EventEmitter<{ send: [AsyncIterable<Uint8Array>]; abandon: [] }>()
  const rest = new Promise<AsyncIterable<Uint8Array>>((resolve, reject) => {
    decided.once('send', resolve)
    decided.once('abandon', () => reject(new AbandonedError('the upload is not needed')))
  })
  // Whoever reads the content sees it.
  rest.catch(() => undefined)
  return {
    content: contentOf(rest),
    send: (archive) => void decided.emit('send', archive),
    abandon: () => void decided.emit('abandon'),
  }
}

async function* contentOf(rest: Promise<AsyncIterable<Uint8Array>>): AsyncGenerator<Uint8Array> {
  yield archiveHead()
  yield* await rest
}
