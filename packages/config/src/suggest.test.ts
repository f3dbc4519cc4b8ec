import { expect, test } from 'vitest'
import { suggest } from './suggest.ts'

test.each([
  ['outputz', ['outputs', 'inputs'], 'did you mean "outputs"?'],
  ['toolcahin', ['toolchain'], 'did you mean "toolchain"?'],
  ['Go', ['go', 'c'], 'did you mean "go"?'],
  ['rust', ['go', 'c'], 'the known toolchains are "c", "go"'],
  ['x', [], null],
  ['x'.repeat(100_000), ['a'], 'the only one known is "a"'],
])('%s', (name, known, expected) => {
  expect(suggest(name, known, 'toolchains')).toBe(expected)
})

test('a long list of names is cut', () => {
  const known = Array.from({ length: 20 }, (_, index) => `name-${String(index).padStart(2, '0')}`)
  expect(suggest('zzzzzzzzz', known, 'names')).toBe(
    `the known names are ${known
      .slice(0, 16)
      .map((name) => `"${name}"`)
      .join(', ')} and 4 more`,
  )
})
