/** Injected wherever time is read, so that every phase can be tested without waiting. */
export interface Clock {
  /** Wall clock, milliseconds since the Unix epoch: for display and history, never for identity. */
  now(): number
  /** Monotonic milliseconds: for durations. */
  monotonic(): number
}

export const systemClock: Clock = { now: () => Date.now(), monotonic: () => performance.now() }

/** Calls `look` every `period` milliseconds until the function that it gives is called; injected as the clock is. */
export type Ticker = (period: number, look: () => void) => () => void

export const systemTicker: Ticker = (period, look) => {
  const timer = setInterval(look, period)
  return () => clearInterval(timer)
}
