import { expect, it } from 'vitest'
import { createBootstrapProgress } from './bootstrap-progress.ts'

it('says each step, and how far it is every two seconds', () => {
  let now = 0
  const said: string[] = []
  const push = createBootstrapProgress('go', { now: () => 0, monotonic: () => now }, (message) => said.push(message))
  push('I: running --setup-hook in shell: sh -c ...')
  push('0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.')
  push('0 upgraded, 54 newly installed, 0 to remove and 0 not upgraded.')
  push('Unpacking gcc-14 (14.2.0-19) ...')
  now = 2000
  push('Unpacking make (4.4.1-2) ...')
  push('Unpacking libc6-dev (2.41-12) ...')
  push('I: creating tarball...')
  expect(said).toEqual([
    'bootstrapping go: reading package lists',
    'bootstrapping go: 54 packages',
    'bootstrapping go: 2 of 54 packages unpacked',
    'bootstrapping go: storing the root file system',
  ])
})
