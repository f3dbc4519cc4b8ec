import { listAt, textAt, textsAt } from './json-value.ts'
import type { DockerSession } from './session.ts'

/** Milliseconds for which an answer is believed. What others do to names in the meantime might as well have come after us. */
const BELIEVED = 5_000

/** What names mean in the engine, asked for all of them at once. */
export interface ImageNames {
  /** Begins to ask, unless an answer is still believed. Never fails: what could not be asked is not known. */
  survey(signal: AbortSignal): void
  /** The id that a name meant a moment ago; null when that is not known. */
  recall(reference: string): Promise<string | null>
  /** Called when names have changed. */
  forget(): void
}

export function createImageNames(session: DockerSession): ImageNames {
  let known: { readonly since: number; readonly ids: Promise<ReadonlyMap<string, string>> } | null = null
  const isBelieved = (): boolean => known !== null && session.clock.monotonic() - known.since < BELIEVED
  return {
    survey: (signal) => {
      if (!isBelieved()) known = { since: session.clock.monotonic(), ids: listNames(session, signal).catch(() => new Map()) }
    },
    recall: async (reference) => (isBelieved() ? ((await known?.ids)?.get(reference) ?? null) : null),
    forget: () => {
      known = null
    },
  }
}

async function listNames(session: DockerSession, signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
  // In whatever version is spoken by now: it is asked beside the first question for versions, and names are the same in all.
  const images = listAt({ list: await session.api.json({ method: 'GET', path: '/images/json', signal }) }, 'list')
  return new Map(images.flatMap((image) => textsAt(image, 'RepoTags').map((name) => [name, textAt(image, 'Id')] as const)))
}
