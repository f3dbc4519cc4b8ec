import { expect, test } from 'vitest'
import { watchBuilder } from './watch-builder.ts'

/** A clock and a ticker that the test moves. */
function steeredTime() {
  let now = 0
  let look: (() => void) | null = null
  return {
    time: {
      clock: { now: () => 0, monotonic: () => now },
      ticker: (_: number, call: () => void) => {
        look = call
        return () => {
          look = null
        }
      },
    },
    ticking: () => look !== null,
    pass: (milliseconds: number, step = 250) => {
      for (let left = milliseconds; left > 0; left -= step) {
        now += Math.min(step, left)
        look?.()
      }
    },
  }
}

const second = { text: '1s', milliseconds: 1000 }
const minute = { text: '1m', milliseconds: 60_000 }

test('a builder that runs too long is asked to end, once', () => {
  const { time, pass, ticking } = steeredTime()
  const watch = watchBuilder({ timeout: minute, silence: null }, time)
  pass(59_750)
  expect(watch.signal.aborted).toBe(false)
  pass(250)
  expect(watch.signal.aborted).toBe(true)
  expect(watch.expired()).toEqual({ limit: 'timeout', duration: minute })
  expect(ticking()).toBe(false)
})

test('silence counts from the last output', () => {
  const { time, pass } = steeredTime()
  const watch = watchBuilder({ timeout: minute, silence: second }, time)
  pass(750)
  watch.heard()
  pass(750)
  expect(watch.expired()).toBeNull()
  pass(250)
  expect(watch.expired()).toEqual({ limit: 'silence', duration: second })
})

test('time in which this process was stopped does not count', () => {
  const { time, pass } = steeredTime()
  const watch = watchBuilder({ timeout: minute, silence: null }, time)
  pass(3_600_000, 3_600_000)
  expect(watch.expired()).toBeNull()
  pass(59_000)
  expect(watch.expired()).toEqual({ limit: 'timeout', duration: minute })
})

test('nothing ticks without a deadline, nor after the end', () => {
  const { time, ticking } = steeredTime()
  watchBuilder({ timeout: null, silence: null }, time)
  expect(ticking()).toBe(false)
  const watch = watchBuilder({ timeout: minute, silence: null }, time)
  expect(ticking()).toBe(true)
  watch.over()
  expect(ticking()).toBe(false)
})
