import { setImmediate } from 'node:timers/promises'
import type { Clock } from '@orchestrate/core'

/**
 * Lets signals, timers and streams have their turn during long loops of synchronous file calls:
 * `if (breath.due()) await breath.take()`.
 */
export interface Breath {
  due(): boolean
  take(): Promise<void>
}

const TURN_MS = 20

export function createBreath(clock: Clock): Breath {
  let last = clock.monotonic()
  return {
    due: () => clock.monotonic() - last > TURN_MS,
    take: async () => {
      await setImmediate()
      last = clock.monotonic()
    },
  }
}
