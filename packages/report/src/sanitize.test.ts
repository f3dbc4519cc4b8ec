import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sanitizeForCi, sanitizeLine, shieldFromCi } from './sanitize.ts'

describe('sanitizeLine', () => {
  it.each([
    ['colours', '\u001b[31mred\u001b[0m', 'red'],
    ['cursor movement and erasing', 'a\u001b[2K\u001b[1;1Hb', 'ab'],
    ['a title', '\u001b]0;title\u0007x', 'x'],
    ['a hyperlink', '\u001b]8;;http://evil\u001b\\click\u001b]8;;\u001b\\', 'click'],
    ['what a carriage return overwrote', '10%\r50%\r100%', '100%'],
    ['bidirectional overrides', 'a\u202eb', 'ab'],
    ['a tab stays', 'a\tb', 'a\tb'],
    ['letters of every script stay', 'größe 寸法', 'größe 寸法'],
  ])('%s', (_name, line, shown) => expect(sanitizeLine(line)).toBe(shown))

  it('never lets a control character through', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (line) =>
        sanitizeLine(line)
          .split('')
          .every((character) => character === '\t' || character.charCodeAt(0) >= 32),
      ),
    )
  })

  it('keeps a line from being a workflow command', () => {
    expect(sanitizeForCi('::error::x')).toBe('| ::error::x')
    expect(sanitizeForCi('##[group]x')).toBe('| ## [group]x')
  })

  it('keeps text of several lines from being a workflow command', () => {
    expect(shieldFromCi('/out held:\n  ::error::x\n  a::b\n  | ##[group]x\n')).toBe('/out held:\n  : :error::x\n  a::b\n  | ## [group]x\n')
  })
})
