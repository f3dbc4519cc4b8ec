import type { HostCheck } from '@orchestrate/core'
import { attempt } from './engine-errors.ts'
import type { DockerSession } from './session.ts'

/** What the engine says of itself, for `orchestrate doctor`. */
export async function examineEngine(session: DockerSession, signal: AbortSignal): Promise<readonly HostCheck[]> {
  const described = await attempt(session.api.host, 'asking for its version', () => session.facts(signal))
  return described.ok
    ? [{ subject: 'engine', state: 'works', message: described.value.summary, help: null }]
    : [{ subject: 'engine', state: 'broken', message: described.error.message, help: described.error.help }]
}
