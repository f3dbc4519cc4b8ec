import { describe, expect, it } from 'vitest'
import { closest } from './closest.ts'

describe('closest', () => {
  it('finds a name with one letter missing, added, changed or swapped', () => {
    const names = ['checkout', 'catalog', 'web']
    expect(['chekout', 'checkoutt', 'chackout', 'chekcout'].map((name) => closest(name, names))).toEqual(Array(4).fill('checkout'))
  })

  it('gives null when more than a third differs', () => {
    expect(closest('payments', ['checkout', 'web'])).toBeNull()
  })

  it('prefers the nearest, then the first in code-unit order', () => {
    expect(closest('outputz', ['output', 'outputs'])).toBe('outputs')
    expect(closest('svc-x', ['svc-c', 'svc-a', 'svc-b'])).toBe('svc-a')
  })

  it('lets a name of two letters differ by one', () => {
    expect(closest('go', ['gp', 'jdk'])).toBe('gp')
  })

  it('gives null without candidates', () => {
    expect(closest('a', [])).toBeNull()
  })
})
