import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { digestOf } from '@orchestrate/core'
import { parseTree, serialiseTree, treeDigest } from './parse-tree.ts'
import type { TreeEntry } from './tree.ts'

const entries: readonly TreeEntry[] = [
  { type: 'directory', path: 'bin' },
  { type: 'file', path: 'bin/app', digest: digestOf('app'), size: 3, executable: true },
  { type: 'symlink', path: 'latest', target: 'bin/app' },
]

describe('trees as text', () => {
  it('are canonical JSON with a domain and a version', () => {
    expect(serialiseTree(entries)).toBe(
      `{"domain":"orchestrate/tree","entries":[{"path":"bin","type":"directory"},{"digest":"${digestOf('app')}","executable":true,"path":"bin/app","size":3,"type":"file"},{"path":"latest","target":"bin/app","type":"symlink"}],"version":1}`,
    )
    expect(treeDigest(entries)).toBe(digestOf(serialiseTree(entries)))
  })

  it('are read back as they were', () => {
    expect(parseTree(serialiseTree(entries))).toEqual({ entries })
    expect(parseTree(serialiseTree([]))).toEqual({ entries: [] })
  })

  it('do not carry members that trees do not have', () => {
    const richer = { type: 'directory', path: 'bin', mtime: 12 } as const
    expect(serialiseTree([richer])).toBe(serialiseTree([{ type: 'directory', path: 'bin' }]))
  })

  it.each([
    ['no JSON', '{'],
    ['no object', '[]'],
    ['another version', serialiseTree(entries).replace('"version":1', '"version":2')],
    ['another domain', serialiseTree(entries).replace('orchestrate/tree', 'orchestrate/view')],
    ['an unknown key', serialiseTree(entries).replace('"path":"bin"', '"owner":0,"path":"bin"')],
    ['a missing key', serialiseTree(entries).replace('"executable":true,', '')],
    ['an unknown type', serialiseTree(entries).replace('"type":"directory"', '"type":"fifo"')],
    ['a text for a size', serialiseTree(entries).replace('"size":3', '"size":"3"')],
    ['a name that leaves the tree', serialiseTree(entries).replace('"path":"latest"', '"path":"../latest"')],
  ])('are refused with %s', (_, text) => {
    expect(parseTree(text)).toBeNull()
  })

  it('never throw, whatever the text', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(parseTree(text)).toBeNull()
      }),
      { seed: 1 },
    )
  })
})
