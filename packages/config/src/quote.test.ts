import { expect, test } from 'vitest'
import { quote } from './quote.ts'

test.each([
  ['plain', '"plain"'],
  ['a"b\\c', '"a\\"b\\\\c"'],
  ['\u001b[31m\n', '"\\u001b[31m\\n"'],
  ['\u009b\u202e\u200b', '"\\u009b\\u202e\\u200b"'],
  ['x'.repeat(100), `"${'x'.repeat(80)}…"`],
])('%j', (text, expected) => {
  expect(quote(text)).toBe(expected)
})
