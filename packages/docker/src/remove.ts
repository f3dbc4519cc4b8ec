import { setTimeout as delay } from 'node:timers/promises'
import { ApiError } from './docker-api.ts'
import type { DockerSession } from './session.ts'

const REMOVAL_DEADLINE = 10_000
const RETRY_AFTER = 50

/** Removes a container by id or name, running or not, with its anonymous volumes. One that is gone already is fine. */
export async function removeContainer(session: DockerSession, container: string): Promise<void> {
  await remove(session, `/containers/${container}`, { force: true, v: true })
}

/** Removes a volume by name; waits for the containers that still let go of it. One that is gone already is fine. */
export async function removeVolume(session: DockerSession, volume: string): Promise<void> {
  await remove(session, `/volumes/${volume}`, { force: true })
}

/** The engine answers 409 while another removal is under way or a container still holds a volume: both pass. */
async function remove(session: DockerSession, path: string, query: { readonly [name: string]: boolean }): Promise<void> {
  const giveUpAt = session.clock.monotonic() + REMOVAL_DEADLINE
  for (;;) {
    try {
      await session.api.json({ method: 'DELETE', path, query, deadline: REMOVAL_DEADLINE })
      return
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      if (error.statusCode === 404) return
      if (error.statusCode !== 409 || session.clock.monotonic() > giveUpAt) throw error
    }
    await delay(RETRY_AFTER)
  }
}
