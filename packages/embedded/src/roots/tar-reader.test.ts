import { execFileSync } from 'node:child_process'
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { base256, gnuLongName, handMadeTar, memberBytes, paxHeader } from '../../test/hand-made-tar.ts'
import { ArchiveFault } from './archive-fault.ts'
import { type TarMember, TarReader } from './tar-reader.ts'

/** Everything that a reader finds, contents laid out with their holes as dots. */
function read(archive: Buffer, pieceSize = archive.length): readonly (TarMember & { readonly content: string })[] {
  const found: { member: TarMember; content: Buffer; ended: boolean }[] = []
  const reader = new TarReader({
    member: (member) => void found.push({ member, content: Buffer.alloc(Math.min(member.size, 1 << 16), '.'), ended: false }),
    content: (piece, position) => found.at(-1)?.content.set(piece, position),
    memberEnd: () => {
      const last = found.at(-1)
      if (last !== undefined) last.ended = true
    },
  })
  for (let offset = 0; offset < archive.length; offset += pieceSize) reader.push(archive.subarray(offset, offset + pieceSize))
  reader.end()
  expect(found.filter(({ ended }) => !ended)).toEqual([])
  return found.map(({ member, content }) => ({ ...member, content: content.toString('latin1') }))
}

function fault(archive: Buffer): string {
  try {
    read(archive)
    return 'none'
  } catch (error) {
    if (!(error instanceof ArchiveFault)) throw error
    return error.message
  }
}

const FILE: TarMember = { type: 'file', name: 'a', linkName: '', mode: 0o644, uid: 0, gid: 0, size: 0, mtime: 0 }

describe('members', () => {
  it('are told by their flags, old archives marking directories by a slash', () => {
    const archive = handMadeTar(
      { name: 'dir/', flag: '5', mode: 0o1755 },
      { name: 'old/', flag: '\0' },
      { name: 'a', content: 'hello', mtime: 7 },
      { name: 'b', flag: '7', content: 'x' },
      { name: 'link', flag: '2', linkName: '../a' },
      { name: 'hard', flag: '1', linkName: 'a', size: 5 },
      { name: 'tty', flag: '3' },
      { name: 'sda', flag: '4' },
      { name: 'pipe', flag: '6' },
      { name: 'label', flag: 'V' },
    )
    expect(read(archive)).toEqual([
      { ...FILE, type: 'directory', name: 'dir/', mode: 0o1755, content: '' },
      { ...FILE, type: 'directory', name: 'old/', content: '' },
      { ...FILE, name: 'a', size: 5, mtime: 7, content: 'hello' },
      { ...FILE, name: 'b', size: 1, content: 'x' },
      { ...FILE, type: 'symlink', name: 'link', linkName: '../a', content: '' },
      { ...FILE, type: 'hardlink', name: 'hard', linkName: 'a', content: '' },
      { ...FILE, type: 'device', name: 'tty', content: '' },
      { ...FILE, type: 'device', name: 'sda', content: '' },
      { ...FILE, type: 'device', name: 'pipe', content: '' },
    ])
  })

  it('are the same in pieces of any size', () => {
    const archive = handMadeTar(
      gnuLongName('L', 'n'.repeat(200)),
      { name: 'n', content: 'y'.repeat(1000) },
      paxHeader([['path', 'p/ä']]),
      { name: 'p', content: 'z' },
      { name: 'empty' },
    )
    const whole = read(archive)
    for (const size of [1, 7, 511, 512, 513]) expect(read(archive, size)).toEqual(whole)
  })

  it('end where the archive ends, whatever follows', () => {
    expect(read(Buffer.concat([handMadeTar({ name: 'a' }), memberBytes({ name: 'b' })]))).toEqual([{ ...FILE, content: '' }])
  })
})

describe('names', () => {
  it('come from the prefix, from GNU headers, and from PAX records, which hold for one member', () => {
    const long = 'd/'.repeat(120)
    const archive = handMadeTar(
      { name: 'b', prefix: 'a/very/long' },
      gnuLongName('L', `${long}gnu`),
      gnuLongName('K', `${long}target`),
      { name: 'cut', flag: '2', linkName: 'cut' },
      paxHeader([
        ['path', `${long}pax`],
        ['linkpath', `${long}other`],
      ]),
      { name: 'cut', flag: '1', linkName: 'cut' },
      { name: 'plain', linkName: '' },
    )
    expect(read(archive).map(({ name, linkName }) => [name, linkName])).toEqual([
      ['a/very/long/b', ''],
      [`${long}gnu`, `${long}target`],
      [`${long}pax`, `${long}other`],
      ['plain', ''],
    ])
  })

  it('are bytes: two that are not UTF-8 stay two', () => {
    expect(read(handMadeTar({ name: 'x\xfe' }, { name: 'x\xff' })).map(({ name }) => name)).toEqual(['x\xfe', 'x\xff'])
  })

  it('of a global header hold until a record without a value takes them back', () => {
    const archive = handMadeTar(
      paxHeader([['mtime', '5']], 'g'),
      { name: 'a' },
      paxHeader([['mtime', '']]),
      { name: 'b', mtime: 9 },
      { name: 'c' },
    )
    expect(read(archive).map(({ mtime }) => mtime)).toEqual([5, 9, 5])
  })
})

describe('numbers', () => {
  it('may be base 256, negative, or fractions of seconds', () => {
    const archive = handMadeTar(
      { name: 'a', size: base256(3n), content: 'abc' },
      { name: 'b', mtime: base256(-86400n) },
      paxHeader([['mtime', '-1.25']]),
      { name: 'c' },
      paxHeader([['size', '2']]),
      { name: 'd', size: 0, patch: (block) => block.fill('0', 124, 135), content: 'xy' },
    )
    expect(read(archive).map(({ name, size, mtime, content }) => [name, size, mtime, content])).toEqual([
      ['a', 3, 0, 'abc'],
      ['b', 0, -86400, ''],
      ['c', 0, -1.25, ''],
      ['d', 2, 0, 'xy'],
    ])
  })

  it('of owners may be anything: root stands for what no container has', () => {
    const archive = handMadeTar(paxHeader([['uid', '99999999999999999999']]), { name: 'a', patch: (block) => block.fill(0xff, 108, 116) })
    expect(read(archive).map(({ uid, gid }) => [uid, gid])).toEqual([[0, 0]])
  })
})

describe('sparse files', () => {
  it.each(['0.0', '0.1', '1.0', 'gnu'])('of the form %s keep their holes', (form) => {
    const directory = mkdtempSync(join(tmpdir(), 'sparse-'))
    try {
      const descriptor = openSync(join(directory, 'sparse'), 'w')
      for (let index = 0; index < 12; index += 1) writeSync(descriptor, `piece ${index}`, index * 65536 * 2)
      ftruncateSync(descriptor, 4 << 20)
      closeSync(descriptor)
      const options = form === 'gnu' ? ['--format=gnu'] : ['--format=pax', `--sparse-version=${form}`]
      const archive = execFileSync('tar', ['--create', '--sparse', '--hole-detection=raw', ...options, '-C', directory, 'sparse'])
      expect(archive.length).toBeLessThan(200_000)
      const laidOut = Buffer.alloc(4 << 20)
      const members: TarMember[] = []
      const reader = new TarReader({
        member: (member) => void members.push(member),
        content: (piece, position) => laidOut.set(piece, position),
        memberEnd: () => undefined,
      })
      for (let offset = 0; offset < archive.length; offset += 1000) reader.push(archive.subarray(offset, offset + 1000))
      reader.end()
      expect(members.map(({ type, name, size }) => ({ type, name, size }))).toEqual([{ type: 'file', name: 'sparse', size: 4 << 20 }])
      const pieces = Array.from({ length: 12 }, (_, index) =>
        laidOut.toString('latin1', index * 131072, index * 131072 + 8).replace('\0', ''),
      )
      expect(pieces).toEqual(Array.from({ length: 12 }, (_, index) => `piece ${index}`.slice(0, 8)))
      expect(laidOut.reduce((sum, byte) => sum + (byte === 0 ? 0 : 1), 0)).toBe(10 * 7 + 2 * 8)
    } finally {
      rmSync(directory, { recursive: true })
    }
  })

  const sparse = (records: readonly (readonly [string, string])[], content: string): Buffer =>
    handMadeTar(paxHeader(records), { name: 'a', content })

  it.each([
    [
      'overlap',
      [
        ['GNU.sparse.size', '10'],
        ['GNU.sparse.map', '0,2,1,2'],
      ],
      'the segments of a sparse file overlap or leave it',
    ],
    [
      'leave the file',
      [
        ['GNU.sparse.size', '10'],
        ['GNU.sparse.map', '9,4'],
      ],
      'the segments of a sparse file overlap or leave it',
    ],
    [
      'are half a pair',
      [
        ['GNU.sparse.size', '10'],
        ['GNU.sparse.map', '1'],
      ],
      'the map of a sparse file is malformed',
    ],
    [
      'are another size',
      [
        ['GNU.sparse.size', '10'],
        ['GNU.sparse.map', '0,5'],
      ],
      'the map of a sparse file disagrees with its size',
    ],
    [
      'are no map',
      [
        ['GNU.sparse.major', '1'],
        ['GNU.sparse.realsize', '10'],
      ],
      'an extended header holds "abcd" where a number belongs',
    ],
  ] as const)('are refused when their segments %s', (_, records, message) => {
    expect(fault(sparse(records, message.includes('abcd') ? `abcd\n${'x'.repeat(507)}` : 'abcd'))).toBe(message)
  })
})

describe('a malformed archive', () => {
  it.each([
    ['is cut in a content', handMadeTar({ name: 'a', content: 'x'.repeat(600) }).subarray(0, 900), 'the archive ends too early'],
    ['is cut in a header', handMadeTar({ name: 'a' }).subarray(0, 300), 'the archive ends too early'],
    ['has no end', memberBytes({ name: 'a' }), 'the archive ends too early'],
    ['is no tar', Buffer.from('x'.repeat(1024)), 'a header holds "xxxxxxxx" where a number belongs'],
    ['has a wrong sum', Buffer.concat([memberBytes({ name: 'a' })]).fill('b', 0, 1), 'a header has the wrong checksum'],
    ['has an unknown type', handMadeTar({ name: 'a', flag: 'Q' }), 'a member is of the unknown type "Q"'],
    ['has a size beyond numbers', handMadeTar({ name: 'a', size: base256(1n << 80n) }), 'a header holds a number that is too large'],
    ['has a negative size', handMadeTar({ name: 'a', size: base256(-1n) }), 'a header holds a negative size'],
    [
      'has no number',
      handMadeTar({ name: 'a', patch: (block) => block.write('12x', 124) }),
      'a header holds "12x00000000" where a number belongs',
    ],
    ['has an endless header', handMadeTar(memberBytes({ name: 'x', flag: 'x', size: 1 << 30 })), 'an extended header has 1073741824 bytes'],
    ['has an empty header', handMadeTar(memberBytes({ name: 'x', flag: 'x' })), 'an extended header has 0 bytes'],
    [
      'has a record beyond its header',
      handMadeTar(memberBytes({ name: 'x', flag: 'x', content: '99 path=b\n' })),
      'an extended header is malformed',
    ],
    [
      'has a size in words',
      handMadeTar(paxHeader([['size', 'ten']]), { name: 'a' }),
      'an extended header holds "ten" where a number belongs',
    ],
    [
      'has a time in words',
      handMadeTar(paxHeader([['mtime', 'now']]), { name: 'a' }),
      'an extended header holds "now" where a time belongs',
    ],
  ])('%s', (_, archive, message) => {
    expect(fault(archive)).toBe(message)
  })
})
