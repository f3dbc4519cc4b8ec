import { digestOf } from '@orchestrate/core'
import { describe, expect, it } from 'vitest'
import { compareImages } from './compare-images.ts'
import { flattenLayers } from './flatten-layers.ts'
import type { ImageContents, ImageEntry, LayerContents } from './inspect-image.ts'

const ROOT = { mode: 0o755, uid: 0, gid: 0, size: 0, target: null, digest: null }

/** `dir/` is a directory, `name=content` a file, `name` an empty file. */
function layer(...paths: readonly string[]): LayerContents {
  const entries = paths.map((text): ImageEntry => {
    const [path = '', content = ''] = text.split('=')
    if (path.endsWith('/')) return { ...ROOT, type: 'directory', path: path.slice(0, -1) }
    return { ...ROOT, type: 'file', path, size: content.length, digest: digestOf(content) }
  })
  const digest = digestOf(paths.join())
  return { digest, diffId: digest, size: 0, uncompressedSize: 0, createdBy: null, entries }
}

const pathsOf = (...layers: readonly LayerContents[]): readonly string[] => [...flattenLayers(layers).keys()].toSorted()

describe('layers laid over each other', () => {
  it('replace files by name', () => {
    const files = flattenLayers([layer('etc/', 'etc/a=1', 'etc/b=1'), layer('etc/a=2')])
    expect(files.get('etc/a')?.digest).toBe(digestOf('2'))
    expect([...files.keys()]).toEqual(['etc', 'etc/a', 'etc/b'])
  })

  it('take files and directories away, wherever the whiteout stands', () => {
    expect(pathsOf(layer('a/', 'a/x', 'ab', 'b/', 'b/y/', 'b/y/z'), layer('a/.wh.x', 'b/new', '.wh.b'))).toEqual(['a', 'ab', 'b/new'])
  })

  it('empty a directory that is opaque, but for what the layer itself puts there', () => {
    expect(pathsOf(layer('a/', 'a/x', 'c'), layer('a/', 'a/new', 'a/.wh..wh..opq'))).toEqual(['a', 'a/new', 'c'])
  })

  it('put a file in place of a directory', () => {
    expect(pathsOf(layer('a/', 'a/x'), layer('a=1'))).toEqual(['a'])
  })
})

const imageOf = (process: Readonly<Record<string, unknown>>, ...layers: readonly LayerContents[]): ImageContents => ({
  manifest: digestOf('manifest'),
  config: { architecture: 'amd64', os: 'linux', created: null, process },
  layers,
  bytes: 0,
})

describe('the difference of two images', () => {
  it('is none where layers differ but files do not', () => {
    expect(compareImages(imageOf({}, layer('a=1', 'b=1')), imageOf({}, layer('a=1'), layer('b=1')))).toEqual({ files: [], config: [] })
  })

  it('is what was added, removed and changed, and the fields of the config', () => {
    const before = imageOf({ Entrypoint: ['/a'], User: '1' }, layer('a=1', 'b=1', 'c=1'))
    const after = imageOf({ Entrypoint: ['/b'], Env: ['X=1'] }, layer('a=1', 'b=2', 'd=1'))
    const { files, config } = compareImages(before, after)
    expect(files.map(({ path, before: was, after: is }) => [path, was?.size ?? null, is?.size ?? null])).toEqual([
      ['b', 1, 1],
      ['c', 1, null],
      ['d', null, 1],
    ])
    expect(config).toEqual([
      { field: 'Entrypoint', before: '["/a"]', after: '["/b"]' },
      { field: 'Env', before: null, after: '["X=1"]' },
      { field: 'User', before: '"1"', after: null },
    ])
  })
})
