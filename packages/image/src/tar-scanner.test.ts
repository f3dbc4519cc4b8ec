import { execFileSync } from 'node:child_process'
import { mkdtempSync, mkdirSync, rmSync, symlinkSync, writeFileSync, chmodSync, linkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { tarHeader } from './tar-header.ts'
import { type ScannedEntry, TarFormatError, TarScanner } from './tar-scanner.ts'

const directories: string[] = []

afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true })
})

describe('TarScanner', () => {
  it.each(['gnu', 'pax', 'ustar'])('reads what GNU tar writes in %s format', (format) => {
    const root = sampleDirectory(format === 'ustar' ? 90 : 180)
    const name = 'n'.repeat(format === 'ustar' ? 90 : 180)
    const archive = execFileSync('tar', [
      `--format=${format}`,
      '--sort=name',
      '--owner=1234:5',
      '--group=99:7',
      '-C',
      root,
      '-cf',
      '-',
      '.',
    ])
    expect(scan(archive, 1000)).toEqual([
      { type: 'directory', path: '', target: '', mode: 0o755, uid: 5, gid: 7, size: 0 },
      { type: 'directory', path: 'dir', target: '', mode: 0o1777, uid: 5, gid: 7, size: 0 },
      { type: 'file', path: `dir/${name}`, target: '', mode: 0o644, uid: 5, gid: 7, size: 1500 },
      { type: 'hardlink', path: 'dir/same', target: `./dir/${name}`, mode: 0o644, uid: 5, gid: 7, size: 0 },
      { type: 'symlink', path: 'link', target: `dir/${name}`, mode: 0o777, uid: 5, gid: 7, size: 0 },
    ])
  })

  it('reads owners beyond the octal fields in both formats', () => {
    const root = sampleDirectory(10)
    for (const format of ['gnu', 'pax']) {
      const archive = execFileSync('tar', [`--format=${format}`, '--owner=x:3000000', '--group=x:3000000', '-C', root, '-cf', '-', 'link'])
      expect(scan(archive, 512)).toEqual([
        { type: 'symlink', path: 'link', target: `dir/${'n'.repeat(10)}`, mode: 0o777, uid: 3_000_000, gid: 3_000_000, size: 0 },
      ])
    }
  })

  it('passes on the content of files, and nothing of headers and padding', () => {
    const archive = execFileSync('tar', ['-C', sampleDirectory(180), '--sort=name', '--format=pax', '-cf', '-', '.'])
    for (const size of [1, 511, archive.length]) {
      let content = ''
      const scanner = new TarScanner(
        ({ path }) => void (content += `[${path.slice(0, 8)}]`),
        (piece) => void (content += Buffer.from(piece).toString()),
      )
      for (let offset = 0; offset < archive.length; offset += size) scanner.push(archive.subarray(offset, offset + size))
      scanner.end()
      expect(content).toBe(`[][dir][dir/nnnn]${'x'.repeat(1500)}[dir/same][link]`)
    }
  })

  it('does not depend on how the archive was cut into pieces', () => {
    const archive = execFileSync('tar', ['-C', sampleDirectory(180), '--sort=name', '-cf', '-', '.'])
    for (const size of [1, 7, 511, 4096]) expect(scan(archive, size)).toEqual(scan(archive, archive.length))
  })

  it.each([
    ['it ends too early', (archive: Buffer) => archive.subarray(0, 700)],
    ['it ends too early', (archive: Buffer) => archive.subarray(0, -1024)],
    ['a header has the wrong checksum', (archive: Buffer) => patched(archive, 100, '7')],
    ['a header holds "00x" for a number', (archive: Buffer) => patched(archive, 148, '00x\0')],
    [
      'there is data after its end',
      (archive: Buffer) => Buffer.concat([archive, tarHeader({ type: 'directory', path: 'late', mode: 0o755, uid: 0, gid: 0 })]),
    ],
  ])('refuses an archive: %s', (message, damage) => {
    const archive = Buffer.concat([
      tarHeader({ type: 'file', path: 'a', mode: 0o644, uid: 0, gid: 0, size: 600 }),
      Buffer.alloc(1024),
      Buffer.alloc(1024),
    ])
    expect(() => scan(damage(archive), 512)).toThrow(new TarFormatError(message))
  })

  it('refuses names that climb and sparse members', () => {
    const climbing = tarHeader({ type: 'directory', path: 'a/../../b', mode: 0o755, uid: 0, gid: 0 })
    expect(() => scan(climbing, 512)).toThrow(new TarFormatError('a member is named "a/../../b/"'))
    const root = mkdtempSync(join(tmpdir(), 'image-scan-'))
    directories.push(root)
    execFileSync('truncate', ['-s', '1M', join(root, 'holes')])
    const gnu = execFileSync('tar', ['--format=gnu', '-S', '-C', root, '-cf', '-', 'holes'])
    expect(() => scan(gnu, 512)).toThrow(new TarFormatError('a member is of the unknown type "S"'))
    const pax = execFileSync('tar', ['--format=pax', '-S', '-C', root, '-cf', '-', 'holes'])
    expect(() => scan(pax, 512)).toThrow(new TarFormatError('a member is sparse'))
  })
})

function sampleDirectory(nameLength: number): string {
  const root = mkdtempSync(join(tmpdir(), 'image-scan-'))
  directories.push(root)
  chmodSync(root, 0o755)
  mkdirSync(join(root, 'dir'))
  chmodSync(join(root, 'dir'), 0o1777)
  const file = join(root, 'dir', 'n'.repeat(nameLength))
  writeFileSync(file, 'x'.repeat(1500))
  chmodSync(file, 0o644)
  linkSync(file, join(root, 'dir', 'same'))
  symlinkSync(`dir/${'n'.repeat(nameLength)}`, join(root, 'link'))
  return root
}

function scan(archive: Buffer, pieceSize: number): ScannedEntry[] {
  const entries: ScannedEntry[] = []
  const scanner = new TarScanner((entry) => entries.push(entry))
  for (let offset = 0; offset < archive.length; offset += pieceSize) scanner.push(archive.subarray(offset, offset + pieceSize))
  scanner.end()
  return entries
}

function patched(archive: Buffer, offset: number, text: string): Buffer {
  const copy = Buffer.from(archive)
  copy.write(text, offset, 'latin1')
  return copy
}
