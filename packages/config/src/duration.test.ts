import { expect, test } from 'vitest'
import { parseDuration } from './duration.ts'

test.each([
  ['20m', 1_200_000],
  ['90s', 90_000],
  ['1h30m', 5_400_000],
  ['1h0m5s', 3_605_000],
])('%s is so many milliseconds', (text, milliseconds) => {
  expect(parseDuration(text)).toEqual({ text, milliseconds })
})

test.each(['', '0s', '20', 'm', '1m1h', '-1s', '1.5h', '20 m'])('%j is no duration', (text) => {
  expect(parseDuration(text)).toBeNull()
})
