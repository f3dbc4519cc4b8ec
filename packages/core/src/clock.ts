/** Injected wherever time is read, so that every phase can be tested without waiting. */
export interface Clock {
  /** Wall clock, milliseconds since the Unix epoch: for display and history, never for identity. */
  now(): number
  /** Monotonic milliseconds: for durations. */
  monotonic(): number
}

export const systemClock: Clock = { now: () => Date.now(), monotonic: () => performance.now() }
