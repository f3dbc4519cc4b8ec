import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { storeLocation } from './store-location.ts'

it.each([
  [{ ORCHESTRATE_STORE: '/mnt/store', XDG_CACHE_HOME: '/cache' }, '/home/ann', '/mnt/store'],
  [{ ORCHESTRATE_STORE: '', XDG_CACHE_HOME: '/cache' }, '/home/ann', '/cache/orchestrate'],
  [{ XDG_CACHE_HOME: 'relative' }, '/home/ann', '/home/ann/.cache/orchestrate'],
  [{}, '/home/ann', '/home/ann/.cache/orchestrate'],
  [{}, null, join(tmpdir(), 'orchestrate')],
])('%o with home %s gives %s', (env, home, expected) => {
  expect(storeLocation(env, home)).toBe(expected)
})
