import { setTimeout as delay } from 'node:timers/promises'

export interface Answer {
  readonly status: number
  readonly type: string | null
  readonly text: string
}

const START_DEADLINE = 30_000
const ANSWER_DEADLINE = 5_000

/** Asks until something listens; any status is an answer. */
export async function ask(url: string): Promise<Answer> {
  const giveUpAt = performance.now() + START_DEADLINE
  for (;;) {
    try {
      // A connection to a container that is just starting may be accepted and never answered.
      const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_DEADLINE) })
      return { status: response.status, type: response.headers.get('content-type'), text: await response.text() }
    } catch (error) {
      if (performance.now() > giveUpAt) throw error
      await delay(50)
    }
  }
}
