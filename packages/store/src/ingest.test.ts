import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ArchiveEntry, digestOf } from '@orchestrate/core'
import { archive, archiveEntry as entry, filesBelow, temporaryStore, text, valueOf } from '../test/temporary-store.ts'
import type { Store } from './store.ts'

/** The tree of each output, one line a member; the finding of a rejection. */
async function ingest(store: Store, entries: readonly ArchiveEntry[], declared: readonly string[]): Promise<readonly string[] | string> {
  const result = await store.ingest(archive(...entries), declared)
  if (!result.ok) return `${result.error.id}: ${result.error.message}`
  const lines: string[] = []
  for (const artifact of result.value.artifacts) {
    if (artifact === null) lines.push('(missing)')
    else lines.push(`${artifact.output}, ${artifact.bytes} bytes`, ...(await describeTree(store, artifact.tree)))
  }
  return lines
}

async function describeTree(store: Store, digest: Parameters<Store['trees']['get']>[0]): Promise<readonly string[]> {
  const tree = await store.trees.get(digest)
  return Promise.all(
    (tree?.entries ?? []).map(async (member) => {
      if (member.type === 'directory') return `  ${member.path}/`
      if (member.type === 'symlink') return `  ${member.path} -> ${member.target}`
      return `  ${member.path}${member.executable ? '*' : ''} = ${await store.blobs.text(member.digest)}`
    }),
  )
}

describe('ingest', () => {
  it('cuts one tree for each declared output: files, links, directories, empty ones, too', async () => {
    await using rig = await temporaryStore()
    const entries = [
      entry('./', { type: 'directory' }),
      entry('./app', { content: 'ELF', mode: 0o4755 }),
      entry('./current', { type: 'symlink', linkName: 'app' }),
      entry('empty/', { type: 'directory' }),
      entry('lib/', { type: 'directory' }),
      entry('lib/b', { content: 'b', mode: 0o666 }),
      entry('lib/a\\c', { content: 'backslash' }),
      entry('lib/out', { type: 'symlink', linkName: '/etc/passwd' }),
      entry('lib/twin', { type: 'hardlink', linkName: 'lib/b' }),
      entry('lib/app', { type: 'hardlink', linkName: './app' }),
    ]
    expect(await ingest(rig.store, entries, ['app', 'current', 'empty', 'lib', 'nothing'])).toEqual([
      'app, 3 bytes',
      '  * = ELF',
      'current, 0 bytes',
      '   -> app',
      'empty, 0 bytes',
      'lib, 14 bytes',
      '  a\\c = backslash',
      '  app* = ELF',
      '  b = b',
      '  out -> /etc/passwd',
      '  twin = b',
      '(missing)',
    ])
  })

  it('takes the whole archive as "."', async () => {
    await using rig = await temporaryStore()
    expect(await ingest(rig.store, [entry('a/b', { content: 'x' })], ['.'])).toEqual(['., 1 bytes', '  a/', '  a/b = x'])
  })

  it('adds directories that the archive leaves out, and accepts one that comes after its members', async () => {
    await using rig = await temporaryStore()
    const entries = [entry('a/b/c', { content: 'x' }), entry('a', { type: 'directory' })]
    expect(await ingest(rig.store, entries, ['a'])).toEqual(['a, 1 bytes', '  b/', '  b/c = x'])
  })

  it('gives the same artifact whatever the order, times and modes of the archive', async () => {
    await using rig = await temporaryStore()
    const one = await rig.store.ingest(
      archive(entry('o', { type: 'directory' }), entry('o/a', { content: '1' }), entry('o/b', { content: '2' })),
      ['o'],
    )
    const other = await rig.store.ingest(archive(entry('o/b', { content: '2', mode: 0o600 }), entry('o/a', { content: '1' })), ['o'])
    expect(valueOf(one).artifacts).toEqual(valueOf(other).artifacts)
  })

  it('stores nothing that was not declared, and lists it', async () => {
    await using rig = await temporaryStore()
    const entries = [entry('app', { content: 'app' }), entry('debug/app.map', { content: 'map' }), entry('app2', { content: 'app2' })]
    expect(valueOf(await rig.store.ingest(archive(...entries), ['app'])).found).toEqual(['app', 'app2', 'debug', 'debug/app.map'])
    expect(await rig.store.blobs.has(digestOf('map'))).toBe(false)
    expect(filesBelow(`${rig.store.root}/tmp`)).toEqual([])
  })

  it('lists at most 100 of what it found', async () => {
    await using rig = await temporaryStore()
    const entries = Array.from({ length: 150 }, (_, index) => entry(`f${String(index).padStart(3, '0')}`))
    const { found } = valueOf(await rig.store.ingest(archive(...entries), ['app']))
    expect([found.length, found[0], found.at(-1)]).toEqual([100, 'f000', 'f099'])
  })

  it.each<[string, readonly ArchiveEntry[], string]>([
    ['an absolute name', [entry('/etc/passwd')], 'entry 0 of the outputs, "/etc/passwd", was rejected: its path is absolute'],
    [
      'a name that climbs out',
      [entry('a'), entry('../../x')],
      'entry 1 of the outputs, "../../x", was rejected: its path has a ".." segment',
    ],
    ['a name that climbs inside', [entry('a/../b')], 'entry 0 of the outputs, "a/../b", was rejected: its path has a ".." segment'],
    ['an empty name', [entry('')], 'entry 0 of the outputs, "", was rejected: its name is empty'],
    ['a dot for a file', [entry('.')], 'entry 0 of the outputs, ".", was rejected: its path has a "." segment'],
    ['a doubled slash', [entry('a//b')], 'entry 0 of the outputs, "a//b", was rejected: its path has an empty segment'],
    ['a file with a slash', [entry('a/')], 'entry 0 of the outputs, "a/", was rejected: its path has an empty segment'],
    ['a NUL byte', [entry('a\0b')], 'entry 0 of the outputs, "a\\u{0}b", was rejected: its name holds a NUL byte'],
    [
      'a terminal sequence',
      [entry('../\u001b[2J\u202e')],
      'entry 0 of the outputs, "../\\u{1b}[2J\\u{202e}", was rejected: its path has a ".." segment',
    ],
    [
      'a long name',
      [entry('n'.repeat(256))],
      `entry 0 of the outputs, "${'n'.repeat(200)}…", was rejected: its name is longer than 255 bytes`,
    ],
    ['a duplicate', [entry('a'), entry('b'), entry('a')], 'entry 2 of the outputs, "a", was rejected: it occurs twice'],
    [
      'a file over a directory',
      [entry('a', { type: 'directory' }), entry('a')],
      'entry 1 of the outputs, "a", was rejected: it occurs twice',
    ],
    ['a file below a file', [entry('a'), entry('a/b')], 'entry 1 of the outputs, "a/b", was rejected: it lies below a file'],
    [
      'a file below a link',
      [entry('a', { type: 'symlink', linkName: '/etc' }), entry('a/passwd')],
      'entry 1 of the outputs, "a/passwd", was rejected: it lies below a symbolic link',
    ],
    ['an empty link', [entry('a', { type: 'symlink' })], 'entry 0 of the outputs, "a", was rejected: its link target is empty'],
    [
      'a hard link out',
      [entry('a', { type: 'hardlink', linkName: '../x' })],
      'entry 0 of the outputs, "a", was rejected: its hard link leaves the outputs',
    ],
    [
      'an absolute hard link',
      [entry('a', { type: 'hardlink', linkName: '/x' })],
      'entry 0 of the outputs, "a", was rejected: its hard link leaves the outputs',
    ],
    [
      'a hard link to a later entry',
      [entry('a', { type: 'hardlink', linkName: 'b' }), entry('b')],
      'entry 0 of the outputs, "a", was rejected: its hard link names no earlier entry',
    ],
    [
      'a hard link to a directory',
      [entry('d', { type: 'directory' }), entry('a', { type: 'hardlink', linkName: 'd' })],
      'entry 1 of the outputs, "a", was rejected: its hard link names a directory',
    ],
    [
      'a device',
      [entry('a', { type: 'other' })],
      'entry 0 of the outputs, "a", was rejected: it is a device, a FIFO, a socket or of an unknown type',
    ],
    ['a short file', [entry('a', { content: 'abc', size: 4 })], 'entry 0 of the outputs, "a", was rejected: it holds 3 bytes instead of 4'],
  ])('rejects %s', async (_, entries, expected) => {
    await using rig = await temporaryStore()
    expect(await ingest(rig.store, entries, ['a'])).toBe(`build/output-rejected: ${expected}`)
    expect(filesBelow(rig.store.root)).toEqual(['layout.json'])
  })

  it('writes no file under a name of the archive, whatever the names', async () => {
    await using rig = await temporaryStore()
    const name = fc.stringMatching(/^[./a\\\0\n]{0,8}$/)
    await fc.assert(
      fc.asyncProperty(fc.array(name, { maxLength: 4 }), async (names) => {
        await rig.store.ingest(archive(...names.map((path) => entry(path, { content: 'same' }))), ['.'])
        const outside = filesBelow(rig.directory).filter(
          (path) => !/^store\/(?:layout\.json|blobs\/sha256\/[a-f0-9]{2}\/[a-f0-9]{64})$/.test(path),
        )
        expect(outside).toEqual([])
      }),
      { seed: 1, numRuns: 60 },
    )
  })

  it('throws what the stream throws and leaves no temporary file', async () => {
    await using rig = await temporaryStore()
    const broken = (async function* () {
      yield entry('a', { content: 'x' })
      yield { ...entry('b', { size: 9 }), content: stopsShort() }
    })()
    await expect(rig.store.ingest(broken, ['a'])).rejects.toThrow('connection lost')
    expect(filesBelow(rig.store.root)).toEqual(['layout.json'])
  })
})

async function* stopsShort(): AsyncGenerator<Uint8Array> {
  yield text('half')
  throw new Error('connection lost')
}
