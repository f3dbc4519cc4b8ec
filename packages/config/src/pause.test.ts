import { expect, test } from 'vitest'
import { parsePause } from './pause.ts'

test.each([
  ['500ms', 500],
  ['30s', 30_000],
  ['5m', 300_000],
  ['1h', 3_600_000],
  ['999999999h', 3_599_999_996_400_000],
  ['1', null],
  ['1.5s', null],
  ['1d', null],
  ['-1s', null],
  ['1m30s', null],
])('%s is %s milliseconds', (text, milliseconds) => {
  expect(parsePause(text)).toBe(milliseconds)
})
