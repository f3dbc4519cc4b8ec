import type { Duration } from '@orchestrate/config'
import type { Clock, Ticker } from '@orchestrate/core'

export interface Deadlines {
  /** How long the builder may run; null for as long as it likes. */
  readonly timeout: Duration | null
  /** How long it may write nothing. */
  readonly silence: Duration | null
}

/** Which of its deadlines a builder has missed. */
export interface Expired {
  readonly limit: 'timeout' | 'silence'
  readonly duration: Duration
}

/** Watches one builder until `over` is called. */
export interface BuilderWatch {
  /** Aborted when a deadline has passed: the builder is asked to end. */
  readonly signal: AbortSignal
  /** To be called whenever the builder has written something. */
  heard(): void
  expired(): Expired | null
  over(): void
}

/** Milliseconds between two looks at the clock. */
const TICK = 250
/** Milliseconds that one look may count: when more have passed, this process did not run (it was stopped, or the machine slept). */
const MOST_PER_TICK = 4 * TICK

/**
 * Starts counting now. Only time in which this process was alive counts: whoever stops it (SIGSTOP, a suspended machine) and
 * continues it later finds no builder timed out that had no chance to be heard.
 */
export function watchBuilder(
  { timeout, silence }: Deadlines,
  { clock, ticker }: { readonly clock: Clock; readonly ticker: Ticker },
): BuilderWatch {
  const stopper = new AbortController()
  if (timeout === null && silence === null) return { signal: stopper.signal, heard: () => {}, expired: () => null, over: () => {} }
  let last = clock.monotonic()
  let run = 0
  let quiet = 0
  let expired: Expired | null = null
  const look = (): void => {
    const now = clock.monotonic()
    const lived = Math.min(Math.max(0, now - last), MOST_PER_TICK)
    last = now
    run += lived
    quiet += lived
    if (timeout !== null && run >= timeout.milliseconds) expired = { limit: 'timeout', duration: timeout }
    else if (silence !== null && quiet >= silence.milliseconds) expired = { limit: 'silence', duration: silence }
    if (expired === null) return
    end()
    stopper.abort()
  }
  const end = ticker(TICK, look)
  return {
    signal: stopper.signal,
    heard: () => {
      quiet = 0
    },
    expired: () => expired,
    over: end,
  }
}
