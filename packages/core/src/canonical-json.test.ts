import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalJson, type CanonicalValue } from './canonical-json.ts'

describe('canonicalJson', () => {
  it('orders keys by code unit at every depth and writes no white space', () => {
    const value = { b: [1, { d: null, c: true }], a: 'x y', B: {}, ä: [], '10': -1, '9': '"' }
    expect(canonicalJson(value)).toBe(String.raw`{"10":-1,"9":"\"","B":{},"a":"x y","b":[1,{"c":true,"d":null}],"ä":[]}`)
  })

  it('is read back as the same value, and written the same whatever the order of keys', () => {
    fc.assert(
      fc.property(values(), (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(value)
        expect(canonicalJson(reverse(value))).toBe(canonicalJson(value))
      }),
    )
  })

  it('keeps a key named __proto__', () => {
    expect(canonicalJson(Object.fromEntries([['__proto__', 1]]))).toBe('{"__proto__":1}')
  })

  it('refuses numbers that are not safe integers', () => {
    for (const number of [0.5, Number.NaN, 2 ** 53]) expect(() => canonicalJson([number])).toThrow(`not a safe integer: ${number}`)
  })
})

function values(): fc.Arbitrary<CanonicalValue> {
  const { value } = fc.letrec<{ value: CanonicalValue }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.string({ unit: 'binary' }),
      fc.maxSafeInteger().map((number) => (Object.is(number, -0) ? 0 : number)),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(fc.string(), tie('value'), { maxKeys: 3, noNullPrototype: true }),
    ),
  }))
  return value
}

function reverse(value: CanonicalValue): CanonicalValue {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, member]) => [key, reverse(member)]),
  )
}
