import { describe, expect, it } from 'vitest'
import { decodeLayerListing, encodeLayerListing, type LayerListing, mergeListings } from './base-listing.ts'
import { resolveInBase } from './base-paths.ts'

describe('mergeListings', () => {
  it('lets upper layers change attributes, replace and remove', () => {
    const lower = listing({
      directories: [
        ['tmp', 0o1777, 0, 0],
        ['old', 0o755, 0, 0],
        ['old/inner', 0o755, 0, 0],
        ['opaque', 0o755, 0, 0],
        ['opaque/inner', 0o755, 0, 0],
        ['gone', 0o755, 0, 0],
        ['gone/inner', 0o755, 0, 0],
      ],
      symlinks: [
        ['bin', 'usr/bin'],
        ['gone/link', 'x'],
        ['sbin', 'usr/sbin'],
        ['lib', 'usr/lib'],
      ],
    })
    const upper = listing({
      directories: [
        ['tmp', 0o700, 1, 2],
        ['lib', 0o755, 0, 0],
      ],
      symlinks: [['old', 'new']],
      others: ['.wh.gone', 'opaque/.wh..wh..opq', 'sbin'],
    })
    expect(mergeListings([lower, upper])).toEqual({
      directories: new Map([
        ['tmp', { mode: 0o700, uid: 1, gid: 2 }],
        ['opaque', { mode: 0o755, uid: 0, gid: 0 }],
        ['lib', { mode: 0o755, uid: 0, gid: 0 }],
      ]),
      symlinks: new Map([
        ['bin', 'usr/bin'],
        ['old', 'new'],
      ]),
    })
  })

  it('survives being stored', () => {
    const sample = listing({ directories: [['a', 0o755, 1, 2]], symlinks: [['b', 'a']], others: ['c'] })
    expect(decodeLayerListing(encodeLayerListing(sample))).toEqual(sample)
    expect(decodeLayerListing('{"domain":"something/else","version":1}')).toBe(null)
  })
})

describe('resolveInBase', () => {
  const base = mergeListings([
    listing({
      symlinks: [
        ['bin', 'usr/bin'],
        ['var/run', '/run'],
        ['usr/bin/sh', 'dash'],
        ['loop', 'loop'],
        ['up', '../../etc'],
      ],
    }),
  ])

  it.each([
    ['bin/tool', 'keep', 'usr/bin/tool'],
    ['bin', 'follow', 'usr/bin'],
    ['bin', 'keep', 'bin'],
    ['bin/sh', 'keep', 'usr/bin/sh'],
    ['bin/sh', 'follow', 'usr/bin/dash'],
    ['var/run/app.pid', 'keep', 'run/app.pid'],
    ['up/passwd', 'keep', 'etc/passwd'],
    ['loop/x', 'keep', 'loop/x'],
    ['srv/app', 'keep', 'srv/app'],
  ] as const)('%s (%s) is %s', (path, last, expected) => {
    expect(resolveInBase(path, last, base)).toBe(expected)
  })
})

const listing = (fields: Partial<LayerListing>): LayerListing => ({ directories: [], symlinks: [], others: [], ...fields })
