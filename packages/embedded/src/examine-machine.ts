import type { HostCheck } from '@orchestrate/core'
import type { EmbeddedSession } from './session.ts'

/** Tries everything that containers need, what depends on what first. */
export async function examineMachine(session: EmbeddedSession, signal: AbortSignal): Promise<readonly HostCheck[]> {
  const found = await session.searchAgain(signal)
  return [
    found.ok
      ? { subject: 'container start', state: 'works', message: found.value.host.runtime.path, help: null }
      : { subject: 'container start', state: 'broken', message: found.error.message, help: found.error.help },
  ]
}
