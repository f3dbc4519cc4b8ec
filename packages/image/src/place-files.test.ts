import { type Digest, digestOf } from '@orchestrate/core'
import type { TreeEntry } from '@orchestrate/store'
import { describe, expect, it } from 'vitest'
import { type BaseListing, EMPTY_LISTING } from './base-listing.ts'
import { placeFiles } from './place-files.ts'
import { sampleFile, sampleRequest } from './sample-image.ts'

const DIGEST: Digest = digestOf('')
const ROOT = { uid: 0, gid: 0 }

const BASE: BaseListing = {
  directories: new Map([
    ['tmp', { mode: 0o1777, uid: 0, gid: 0 }],
    ['usr', { mode: 0o755, uid: 0, gid: 0 }],
    ['usr/bin', { mode: 0o755, uid: 0, gid: 0 }],
    ['var', { mode: 0o755, uid: 0, gid: 0 }],
    ['var/mail', { mode: 0o2775, uid: 0, gid: 8 }],
  ]),
  symlinks: new Map([['bin', 'usr/bin']]),
}

describe('placeFiles', () => {
  it('gives a file at the root no parents', () => {
    expect(place([sampleFile('/app', [file('', true)])])).toEqual([
      { type: 'file', path: 'app', mode: 0o755, size: 0, digest: DIGEST, ...ROOT },
    ])
  })

  it('makes each parent once, 0755 and owned by root, and sorts', () => {
    const entries = place([sampleFile('/srv/b', [file('')]), sampleFile('/srv/a', [file('')], { mode: 0o400, owner: { uid: 5, gid: 6 } })])
    expect(entries).toEqual([
      { type: 'directory', path: 'srv', mode: 0o755, ...ROOT },
      { type: 'file', path: 'srv/a', mode: 0o400, size: 0, digest: DIGEST, uid: 5, gid: 6 },
      { type: 'file', path: 'srv/b', mode: 0o644, size: 0, digest: DIGEST, ...ROOT },
    ])
  })

  it('puts a single file into a directory when "to" ends in a slash', () => {
    expect(paths(place([sampleFile('/srv/', [file('')], { name: 'main.js' })]))).toEqual(['srv', 'srv/main.js'])
    expect(paths(place([sampleFile('/', [file('')], { name: 'main.js' })]))).toEqual(['main.js'])
  })

  it('puts a tree at "to", its directories owned like its files', () => {
    const tree: TreeEntry[] = [
      { type: 'directory', path: 'lib' },
      file('lib/a.js'),
      { type: 'symlink', path: 'link', target: 'lib/a.js' },
      file('deep/er/b.js'),
    ]
    const owner = { uid: 7, gid: 8 }
    expect(place([sampleFile('/srv/app/', tree, { owner, mode: 0o640 })])).toEqual([
      { type: 'directory', path: 'srv', mode: 0o755, ...ROOT },
      { type: 'directory', path: 'srv/app', mode: 0o755, ...owner },
      { type: 'directory', path: 'srv/app/deep', mode: 0o755, ...owner },
      { type: 'directory', path: 'srv/app/deep/er', mode: 0o755, ...owner },
      { type: 'file', path: 'srv/app/deep/er/b.js', mode: 0o640, size: 0, digest: DIGEST, ...owner },
      { type: 'directory', path: 'srv/app/lib', mode: 0o755, ...owner },
      { type: 'file', path: 'srv/app/lib/a.js', mode: 0o640, size: 0, digest: DIGEST, ...owner },
      { type: 'symlink', path: 'srv/app/link', target: 'lib/a.js', ...owner },
    ])
  })

  it('merges trees, each directory owned by the first source that has it', () => {
    const first = sampleFile('/srv/app/config.json', [file('')])
    const second = sampleFile('/srv/app', [file('main.js')], { owner: { uid: 7, gid: 8 } })
    expect(place([first, second]).find((entry) => entry.path === 'srv/app')).toEqual({
      type: 'directory',
      path: 'srv/app',
      mode: 0o755,
      uid: 7,
      gid: 8,
    })
  })

  it('leaves the attributes of base directories as they are', () => {
    const tree = sampleFile(
      '/',
      [
        { type: 'directory', path: 'tmp' },
        { type: 'directory', path: 'var' },
        { type: 'directory', path: 'var/mail' },
        file('var/mail/root'),
      ],
      {
        owner: { uid: 7, gid: 8 },
      },
    )
    expect(place([tree], BASE)).toEqual([
      { type: 'directory', path: 'tmp', mode: 0o1777, ...ROOT },
      { type: 'directory', path: 'var', mode: 0o755, ...ROOT },
      { type: 'directory', path: 'var/mail', mode: 0o2775, uid: 0, gid: 8 },
      { type: 'file', path: 'var/mail/root', mode: 0o644, size: 0, digest: DIGEST, uid: 7, gid: 8 },
    ])
  })

  it('follows links of the base', () => {
    expect(paths(place([sampleFile('/bin/tool', [file('')])], BASE))).toEqual(['usr', 'usr/bin', 'usr/bin/tool'])
    expect(paths(place([sampleFile('/', [{ type: 'directory', path: 'bin' }, file('bin/tool')])], BASE))).toEqual([
      'usr',
      'usr/bin',
      'usr/bin/tool',
    ])
  })

  it('adds the CA bundle', () => {
    const placed = placeFiles(sampleRequest({ certificates: { digest: DIGEST, size: 0 } }), EMPTY_LISTING)
    expect(placed.ok && paths(placed.value[0]?.entries ?? [])).toEqual([
      'etc',
      'etc/ssl',
      'etc/ssl/certs',
      'etc/ssl/certs/ca-certificates.crt',
    ])
  })

  it.each([
    [
      'two files',
      [sampleFile('/app', [file('')]), sampleFile('/app', [file('')], { name: 'other' })],
      '"/app" in the image of service "checkout" is claimed by image.files[0] ("app" to "/app") and by image.files[1] ("other" to "/app")',
    ],
    [
      'a file below a file',
      [sampleFile('/app', [file('')]), sampleFile('/app/x', [file('')], { name: 'x' })],
      '"/app" in the image of service "checkout" is claimed by image.files[0] ("app" to "/app") and by image.files[1] ("x" to "/app/x")',
    ],
    [
      'a file over a directory of the base',
      [sampleFile('/bin', [file('')]), sampleFile('/usr', [file('')], { name: 'usr' })],
      '"/usr" in the image of service "checkout" is claimed by a directory of the base and by image.files[1] ("usr" to "/usr")',
    ],
  ])('refuses %s', (_, files, message) => {
    expect(placeFiles(sampleRequest({ files }), BASE)).toEqual({
      ok: false,
      error: {
        kind: 'failure',
        id: 'image/path-collision',
        message,
        details: [],
        help: 'give them different paths; a "to" that ends in "/" puts a file into that directory',
      },
    })
  })

  it('shows no control characters of a link', () => {
    const leaving = placeFiles(
      sampleRequest({ files: [sampleFile('/srv', [{ type: 'symlink', path: 'a\u001b[2J', target: '/\u001b]0;title\u0007' }])] }),
      EMPTY_LISTING,
    )
    expect(leaving).toMatchObject({
      error: {
        message:
          'symlink "app/a\\u{1b}[2J" of image.files[0] ("app" to "/srv") in the image of service "checkout" leads out of its artifact, to "/\\u{1b}]0;title\\u{7}"',
      },
    })
  })

  it('refuses links that leave their artifact and names that mean removal', () => {
    const leaving = placeFiles(
      sampleRequest({ files: [sampleFile('/srv', [{ type: 'symlink', path: 'a', target: '../etc' }])] }),
      EMPTY_LISTING,
    )
    expect(leaving).toEqual({
      ok: false,
      error: {
        kind: 'failure',
        id: 'image/link-leaves-artifact',
        message:
          'symlink "app/a" of image.files[0] ("app" to "/srv") in the image of service "checkout" leads out of its artifact, to "../etc"',
        details: [],
        help: 'make the build copy what the link points to, or link to a relative path inside the artifact',
      },
    })
    const whiteout = placeFiles(sampleRequest({ files: [sampleFile('/srv', [file('.wh.a')])] }), EMPTY_LISTING)
    expect(whiteout).toEqual({
      ok: false,
      error: {
        kind: 'failure',
        id: 'image/whiteout-name',
        message:
          '"/srv/.wh.a" of image.files[0] ("app" to "/srv") in the image of service "checkout" cannot be in an image, where names that start with ".wh." mean removed files',
        details: [],
        help: 'rename the file',
      },
    })
  })
})

function place(files: ReturnType<typeof sampleFile>[], base = EMPTY_LISTING) {
  const placed = placeFiles(sampleRequest({ files }), base)
  if (!placed.ok) throw new Error(placed.error.message)
  const [layer, ...others] = placed.value
  if (others.length > 0) throw new Error('more than one layer')
  return layer?.entries ?? []
}

const paths = (entries: readonly { readonly path: string }[]) => entries.map((entry) => entry.path)

const file = (path: string, executable = false): TreeEntry => ({ type: 'file', path, digest: DIGEST, size: 0, executable })
