import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { unpackTar } from 'modern-tar'
import { describe, expect, it } from 'vitest'
import { type TarEntry, tarHeader, tarSize } from './tar-header.ts'
import { sortByPath, type TarMember, writeTar } from './tar-writer.ts'

const LONG_DIRECTORY = 'd'.repeat(120)

describe('writeTar', () => {
  it('writes these bytes and no others', async () => {
    const archive = await collect([directory('etc', 0o755), file('etc/motd', 'hello\n', { mode: 0o644 }), link('etc/issue', 'motd')])
    const header = archive.subarray(512, 1024)
    expect(archive.length).toBe(512 + 512 + 512 + 512 + 1024)
    expect(header.toString('latin1', 0, 8)).toBe('etc/motd')
    expect(header.toString('latin1', 100, 157)).toBe('0000644\x000000000\x000000000\x0000000000006\x0002263773600\x00010706\x00 0')
    expect(header.toString('latin1', 257, 345)).toBe(`ustar\x0000${'\0'.repeat(64)}0000000\x000000000\x00`)
    expect(header.subarray(345).every((byte) => byte === 0)).toBe(true)
    expect(sha256(archive)).toBe('982b32dd4024b6d742a43ddd254eec11e07709187ea2de020884226c67fea3ac')
  })

  it('adds a PAX header with only the records that USTAR cannot hold', async () => {
    const archive = await collect([file(`${LONG_DIRECTORY}/${'n'.repeat(101)}`, 'x', { uid: 2_097_152, gid: 7 })])
    const path = `${LONG_DIRECTORY}/${'n'.repeat(101)}`
    expect(archive.toString('latin1', 0, 93)).toBe(`PaxHeaders.0/${'n'.repeat(80)}`)
    expect(archive.toString('latin1', 156, 157)).toBe('x')
    expect(archive.toString('utf8', 512, 512 + 249)).toBe(`232 path=${path}\n15 uid=2097152\n`.padEnd(249, '\0'))
    expect(sha256(archive)).toBe('d25e817aac354efc7561dd17ae09c1a3caf9ae022416f904ba840ee7d4d5b5ca')
  })

  it('splits long ASCII names into prefix and name before it needs PAX', () => {
    const path = `${'p'.repeat(155)}/${'n'.repeat(100)}`
    const header = tarHeader(file(path, '').entry)
    expect(header.length).toBe(512)
    expect(header.toString('latin1', 0, 100)).toBe('n'.repeat(100))
    expect(header.toString('latin1', 345, 500)).toBe('p'.repeat(155))
  })

  it('states sizes beyond 8 GiB in a PAX record', () => {
    const header = tarHeader({ type: 'file', path: 'big', mode: 0o644, uid: 0, gid: 0, size: 8 * 1024 ** 3 })
    expect(header.toString('utf8', 512, 512 + 20)).toBe('19 size=8589934592\n\0')
  })

  it('knows the size of an archive without reading it', async () => {
    const members = sampleMembers()
    expect((await collect(members)).length).toBe(tarSize(members.map((member) => member.entry)))
  })

  it('refuses content that is not as long as announced', async () => {
    const lying: TarMember = { ...file('a', 'four'), content: () => [Buffer.from('fiver')] }
    await expect(collect([lying])).rejects.toThrow('content of "a" has 5 bytes instead of 4')
  })

  it('is listed by GNU tar as it was written', async () => {
    const listing = execFileSync('tar', ['--numeric-owner', '--full-time', '--utc', '--quoting-style=literal', '-tvf', '-'], {
      input: await collect(sampleMembers()),
      encoding: 'utf8',
    })
    expect(listing.replaceAll(/ +/g, ' ')).toBe(
      [
        'drwxr-xr-x 0/0 0 1980-01-02 00:00:00 app/',
        `-rw-r--r-- 0/0 5 1980-01-02 00:00:00 app/${'l'.repeat(150)}`,
        'lrwxrwxrwx 0/0 0 1980-01-02 00:00:00 app/link -> ../größe/ä',
        'drwx------ 3000000/3000000 0 1980-01-02 00:00:00 größe/',
        '-rwsr-xr-x 3000000/12 3 1980-01-02 00:00:00 größe/ä',
        '',
      ].join('\n'),
    )
  })

  it("is read by Python's tarfile as it was written", async () => {
    const script =
      'import sys,tarfile,io\nfor m in tarfile.open(fileobj=io.BytesIO(sys.stdin.buffer.read())): print(ascii((m.name,m.mode,m.uid,m.gid,m.size,m.mtime,m.linkname,m.uname,m.type.decode())))'
    const listing = execFileSync('python3', ['-c', script], { input: await collect(sampleMembers()), encoding: 'utf8' })
    expect(listing.split('\n')).toEqual([
      "('app', 493, 0, 0, 0, 315619200, '', '', '5')",
      `('app/${'l'.repeat(150)}', 420, 0, 0, 5, 315619200, '', '', '0')`,
      "('app/link', 511, 0, 0, 0, 315619200, '../gr\\xf6\\xdfe/\\xe4', '', '2')",
      "('gr\\xf6\\xdfe', 448, 3000000, 3000000, 0, 315619200, '', '', '5')",
      "('gr\\xf6\\xdfe/\\xe4', 2541, 3000000, 12, 3, 315619200, '', '', '0')",
      '',
    ])
  })

  it('is accepted by a strict reader', async () => {
    const entries = await unpackTar(await collect(sampleMembers()), { strict: true })
    expect(entries.map(({ header, data }) => [header.name, header.type, header.uid, Buffer.from(data ?? []).toString()])).toEqual([
      ['app/', 'directory', 0, ''],
      [`app/${'l'.repeat(150)}`, 'file', 0, 'hello'],
      ['app/link', 'symlink', 0, ''],
      ['größe/', 'directory', 3_000_000, ''],
      ['größe/ä', 'file', 3_000_000, 'abc'],
    ])
  })
})

describe('sortByPath', () => {
  it('orders by UTF-8 bytes, not by UTF-16 code units', () => {
    expect(sortByPath(['b', '\u{1f600}', '\uffee', 'a/b', 'a', 'a-b'], (path) => path)).toEqual([
      'a',
      'a-b',
      'a/b',
      'b',
      '\uffee',
      '\u{1f600}',
    ])
  })
})

function sampleMembers(): TarMember[] {
  return [
    directory('app', 0o755),
    file(`app/${'l'.repeat(150)}`, 'hello', {}),
    link('app/link', '../größe/ä'),
    directory('größe', 0o700, 3_000_000),
    file('größe/ä', 'abc', { mode: 0o4755, uid: 3_000_000, gid: 12 }),
  ]
}

function file(path: string, text: string, fields: { mode?: number; uid?: number; gid?: number } = {}): TarMember {
  const entry: TarEntry = { type: 'file', path, mode: 0o644, uid: 0, gid: 0, size: Buffer.byteLength(text), ...fields }
  return { entry, content: () => [Buffer.from(text)] }
}

function directory(path: string, mode: number, owner = 0): TarMember {
  return { entry: { type: 'directory', path, mode, uid: owner, gid: owner }, content: () => [] }
}

function link(path: string, target: string): TarMember {
  return { entry: { type: 'symlink', path, target, uid: 0, gid: 0 }, content: () => [] }
}

async function collect(members: readonly TarMember[]): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of writeTar(members)) pieces.push(piece)
  return Buffer.concat(pieces)
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
