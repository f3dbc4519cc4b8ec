import { describe, expect, it } from 'vitest'
import { eachAtOnce } from './each-at-once.ts'

describe('eachAtOnce', () => {
  it('begins no more than the limit, and the next when one has ended', async () => {
    const begun: number[] = []
    const endings: (() => void)[] = []
    const all = eachAtOnce([0, 1, 2, 3], 2, (item) => {
      begun.push(item)
      return new Promise((resolve) => endings.push(resolve))
    })
    expect(begun).toEqual([0, 1])
    endings[1]?.()
    await turn()
    expect(begun).toEqual([0, 1, 2])
    endings[0]?.()
    endings[2]?.()
    await turn()
    endings[3]?.()
    await all
    expect(begun).toEqual([0, 1, 2, 3])
  })

  it('passes a rejection on', async () => {
    await expect(eachAtOnce([1], 4, () => Promise.reject(new Error('gone')))).rejects.toThrow('gone')
  })

  it('is done at once without items', async () => {
    await expect(eachAtOnce([], 4, () => Promise.reject(new Error('never')))).resolves.toBeUndefined()
  })
})

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
