import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isGlob, matchName } from './match-name.ts'

describe('matchName', () => {
  it.each([
    ['svc-*', 'svc-', true],
    ['svc-*', 'svc', false],
    ['*-api', 'shop-api', true],
    ['*a*b*', 'xxaxxbxx', true],
    ['*a*b*', 'xxbxxaxx', false],
    ['svc-?', 'svc-1', true],
    ['svc-?', 'svc-12', false],
    ['svc-[0-9]', 'svc-7', true],
    ['svc-[0-9]', 'svc-x', false],
    ['svc-[!0-9x]', 'svc-x', false],
    ['svc-[!0-9x]', 'svc-y', true],
    ['svc-[', 'svc-[', true],
    ['', '', true],
    ['', 'a', false],
  ])('%s against %s: %s', (glob, name, expected) => {
    expect(matchName(glob, name)).toBe(expected)
  })

  it('matches a name by itself and by the name with any part replaced by *', () => {
    const name = fc.stringMatching(/^[a-z0-9-]{0,20}$/)
    fc.assert(
      fc.property(name, name, name, (before, part, after) => {
        expect(matchName(before + part + after, before + part + after)).toBe(true)
        expect(matchName(`${before}*${after}`, before + part + after)).toBe(true)
      }),
    )
  })

  it('stays quick on many stars', () => {
    expect(matchName(`${'*a'.repeat(200)}b`, 'a'.repeat(2_000))).toBe(false)
  })
})

describe('isGlob', () => {
  it('knows a glob by its characters', () => {
    expect(['web', 'svc-*', 'a?', '[a]', 'a]'].map(isGlob)).toEqual([false, true, true, true, false])
  })
})
