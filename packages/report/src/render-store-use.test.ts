import { expect, it } from 'vitest'
import { renderStoreUse } from './render-store-use.ts'

it('says what each part of a store is, and how large all of it', () => {
  const parts = [
    { name: 'blobs', files: 12, bytes: 3_000_000 },
    { name: 'embedded/roots', files: 22_000, bytes: 400_000_000 },
    { name: 'new', files: 1, bytes: 10 },
  ]
  expect(renderStoreUse({ store: '/store', parts }, { color: false })).toBe(
    [
      '/store  384 MiB',
      '',
      'PART            FILES     SIZE  WHAT IT IS',
      'blobs              12  2.9 MiB  artifacts, source files, manifests of fingerprints',
      'embedded/roots  22000  381 MiB  toolchains and images, unpacked for the embedded engine',
      'new                 1     10 B',
      '',
    ].join('\n'),
  )
  expect(renderStoreUse({ store: '/store', parts: [] }, { color: false })).toBe('/store  0 B\n')
})
