import { userInfo } from 'node:os'
import { describe, expect, it } from 'vitest'
import { findHome } from './host.ts'

describe('findHome', () => {
  it('takes an absolute HOME', () => expect(findHome({ HOME: '/home/ada' })).toBe('/home/ada'))

  it.each([undefined, '', 'relative/home'])('asks the system when HOME is %o', (value) =>
    expect(findHome({ HOME: value })).toBe(userInfo().homedir),
  )
})
