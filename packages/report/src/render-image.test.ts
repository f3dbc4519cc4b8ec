import { digestOf } from '@orchestrate/core'
import type { ImageContents, ImageEntry } from '@orchestrate/image'
import { describe, expect, it } from 'vitest'
import { renderImage, renderImageDifference } from './render-image.ts'

const plain = { color: false }
const ENTRY: ImageEntry = { type: 'file', path: 'app', mode: 0o755, uid: 0, gid: 0, size: 2_048, target: null, digest: digestOf('app') }

const CONTENTS: ImageContents = {
  manifest: digestOf('manifest'),
  config: { architecture: 'amd64', os: 'linux', created: null, process: { Entrypoint: ['/app'], User: '65532' } },
  layers: [
    {
      digest: digestOf('layer'),
      diffId: digestOf('tar'),
      size: 4_000,
      uncompressedSize: 4_096,
      createdBy: 'orchestrate: files',
      entries: [
        { ...ENTRY, type: 'directory', path: 'etc', size: 0, digest: null },
        { ...ENTRY, type: 'symlink', path: 'etc/\u001b[2Jlink', size: 0, target: '../app', digest: null },
        ENTRY,
      ],
    },
  ],
  bytes: 4_600,
}

describe('an image', () => {
  it('is shown with its config, its layers and its size beside the toolchain', () => {
    expect(renderImage({ reference: 'web', contents: CONTENTS, toolchainBytes: 400_000_000, files: false }, plain)).toBe(
      [
        `web  ${digestOf('manifest')}`,
        '4.5 KiB in 1 layer (its toolchain: 381 MiB), linux/amd64',
        '  Entrypoint  ["/app"]',
        '  User        65532',
        '',
        'LAYER                   SIZE  FILES  FROM',
        `${digestOf('tar').slice(0, 19)}  4.0 KiB      2  orchestrate: files`,
        '',
      ].join('\n'),
    )
  })

  it('lists every file where that is wanted, and lets no name move the cursor', () => {
    const text = renderImage({ reference: 'web', contents: CONTENTS, toolchainBytes: null, files: true }, plain)
    expect(text.split('\n').slice(-5)).toEqual([
      '',
      'd0755 0:0                    /etc',
      'l0755 0:0                    /etc/link -> ../app',
      '-0755 0:0           2.0 KiB  /app',
      '',
    ])
  })
})

describe('the difference of two images', () => {
  it('says what was added, removed and changed, and how', () => {
    const files = [
      { path: 'a', before: null, after: ENTRY },
      { path: 'b', before: ENTRY, after: null },
      { path: 'c', before: ENTRY, after: { ...ENTRY, mode: 0o644, uid: 1, digest: digestOf('other') } },
      { path: 'd', before: ENTRY, after: { ...ENTRY, digest: digestOf('other') } },
    ]
    const config = [{ field: 'User', before: null, after: '"1"' }]
    expect(renderImageDifference({ files, config }, plain)).toBe(
      [
        'config User: (none) -> "1"',
        '+ /a  2.0 KiB',
        '- /b  2.0 KiB',
        '~ /c  mode 0755 -> 0644, owner 0:0 -> 1:0',
        '~ /d  content',
        '',
      ].join('\n'),
    )
  })

  it('may be none', () => {
    expect(renderImageDifference({ files: [], config: [] }, plain)).toBe('the images hold the same files and the same config\n')
  })
})
