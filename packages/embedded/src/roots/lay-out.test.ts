import { lstatSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { handMadeTar, paxHeader } from '../../test/hand-made-tar.ts'
import { describeTree, imageOf, never, temporaryRoots, valueOf } from '../../test/temporary-roots.ts'

/** What the layers become, without what every root has for mounts. */
async function layOut(...tars: readonly Buffer[]): Promise<Readonly<Record<string, string>>> {
  using temporary = temporaryRoots()
  const { path } = valueOf(await temporary.roots.ensureImage(imageOf(...tars), never))
  const provided = new Set(['dev', 'etc', 'etc/hostname', 'etc/hosts', 'etc/resolv.conf', 'proc', 'sys'])
  return Object.fromEntries(Object.entries(describeTree(path)).filter(([name]) => !provided.has(name)))
}

describe('one layer', () => {
  it("gives files, directories and links, everything the caller's own, without setuid and sticky bits of files", async () => {
    const tar = handMadeTar(
      { name: './', flag: '5', mode: 0o555 },
      { name: './usr/', flag: '5', mode: 0o2555 },
      { name: './usr/su', mode: 0o6755, uid: 0o777777, content: 'su' },
      { name: './usr/secret', mode: 0o000, content: 'x' },
      { name: './shared/', flag: '5', mode: 0o1777 },
      { name: './closed/', flag: '5', mode: 0o000 },
      { name: './closed/in', mode: 0o644 },
      { name: './lib', flag: '2', linkName: 'usr/lib' },
      { name: './su', flag: '1', linkName: './usr/su' },
      { name: '/absolute//./name', content: 'a' },
    )
    expect(await layOut(tar)).toEqual({
      usr: '755 /',
      'usr/su': '755 su',
      'usr/secret': '400 x',
      shared: '1777 /',
      closed: '700 /',
      'closed/in': '644 ',
      lib: '-> usr/lib',
      su: '755 su',
      absolute: '755 /',
      'absolute/name': '644 a',
    })
  })

  it('keeps times, of directories too, and makes hard links one file', async () => {
    using temporary = temporaryRoots()
    const tar = handMadeTar(
      { name: 'etc/', flag: '5', mtime: 1000 },
      paxHeader([['mtime', '2000.5']]),
      { name: 'etc/a', content: 'a' },
      { name: 'etc/b', flag: '1', linkName: 'etc/a' },
      { name: 'etc/c', flag: '2', linkName: 'a', mtime: 3000 },
    )
    const { path } = valueOf(await temporary.roots.ensure(temporary.rootOf(tar), [], never))
    const at = (name: string): number => lstatSync(join(path, name)).mtimeMs
    expect([at('etc'), at('etc/a'), at('etc/c'), at('workspace')]).toEqual([1_000_000, 2_000_500, 3_000_000, 315619200_000])
    expect(statSync(join(path, 'etc/b')).ino).toBe(statSync(join(path, 'etc/a')).ino)
  })

  it('leaves devices, pipes and their hard links out and says how many', async () => {
    using temporary = temporaryRoots()
    const tar = handMadeTar(
      { name: 'dev/', flag: '5' },
      { name: 'dev/null', flag: '3' },
      { name: 'dev/sda', flag: '4' },
      { name: 'pipe', flag: '6' },
      { name: 'pipe2', flag: '1', linkName: 'pipe' },
    )
    const { path } = valueOf(await temporary.roots.ensure(temporary.rootOf(tar), [], never))
    expect(Object.keys(describeTree(path)).filter((name) => /null|sda|pipe/.test(name))).toEqual([])
    expect(temporary.lines).toEqual(['4 device nodes and pipes of the root file system were left out'])
  })

  it('lets the later of two entries count, also across kinds', async () => {
    const tar = handMadeTar(
      { name: 'a', content: 'first' },
      { name: 'a', content: 'second' },
      { name: 'dir/', flag: '5', mode: 0o700 },
      { name: 'dir/x' },
      { name: 'dir/', flag: '5', mode: 0o755 },
      { name: 'gone/x' },
      { name: 'gone', content: 'file' },
      { name: 'link', flag: '2', linkName: 'dir' },
      { name: 'link/', flag: '5' },
      { name: 'link/y' },
      { name: 'self', content: 's' },
      { name: 'self', flag: '1', linkName: 'self' },
    )
    expect(await layOut(tar)).toEqual({
      a: '644 second',
      dir: '755 /',
      'dir/x': '644 ',
      gone: '644 file',
      link: '744 /',
      'link/y': '644 ',
      self: '644 s',
    })
  })

  it('follows links among parents inside the root', async () => {
    const tar = handMadeTar(
      { name: 'usr/lib/', flag: '5', mode: 0o755 },
      { name: 'lib', flag: '2', linkName: '/usr/lib' },
      { name: 'usr/up', flag: '2', linkName: '../usr/./lib' },
      { name: 'lib/a', content: 'a' },
      { name: 'usr/up/b', content: 'b' },
      { name: 'c', flag: '1', linkName: 'lib/a' },
      { name: 'new', flag: '2', linkName: 'not/there' },
      { name: 'new/d', content: 'd' },
    )
    expect(await layOut(tar)).toEqual({
      usr: '755 /',
      'usr/lib': '755 /',
      'usr/lib/a': '644 a',
      'usr/lib/b': '644 b',
      'usr/up': '-> ../usr/./lib',
      lib: '-> /usr/lib',
      c: '644 a',
      new: '-> not/there',
      not: '755 /',
      'not/there': '755 /',
      'not/there/d': '644 d',
    })
  })

  it("keeps an image's owners for the superuser, those that a container has, and no others", async () => {
    using temporary = temporaryRoots()
    const tar = handMadeTar(
      { name: 'data/', flag: '5', mode: 0o755, uid: 1000 },
      { name: 'data/key', mode: 0o4600, uid: 65532, content: 'k' },
      { name: 'data/link', flag: '2', linkName: 'key', uid: 33 },
      paxHeader([
        ['uid', '165536'],
        ['gid', '42'],
      ]),
      { name: 'far' },
    )
    const owners = (path: string): readonly string[] =>
      ['data', 'data/key', 'data/link', 'far'].map((name) => {
        const { uid, gid, mode } = lstatSync(join(path, name))
        return `${name} ${uid}:${gid} ${(mode & 0o7777).toString(8)}`
      })
    const image = valueOf(await temporary.roots.ensureImage(imageOf(tar), never))
    expect(owners(image.path)).toEqual(['data 1000:0 755', 'data/key 65532:0 600', 'data/link 33:0 777', 'far 0:42 644'])
    const toolchain = valueOf(await temporary.roots.ensure(temporary.rootOf(tar), [], never))
    expect(owners(toolchain.path)).toEqual(['data 0:0 755', 'data/key 0:0 600', 'data/link 0:0 777', 'far 0:0 644'])
  })

  it('keeps names that are not UTF-8 apart', async () => {
    using temporary = temporaryRoots()
    const tar = handMadeTar(
      { name: 'x\xfe', content: '1' },
      { name: 'x\xff', content: '2' },
      { name: 'x\xfd', flag: '2', linkName: '\xfe' },
    )
    const { path } = valueOf(await temporary.roots.ensure(temporary.rootOf(tar), [], never))
    const sizes = ['fe', 'ff'].map((byte) => statSync(Buffer.concat([Buffer.from(`${path}/x`), Buffer.from(byte, 'hex')])).size)
    expect(sizes).toEqual([1, 1])
    expect(await temporary.roots.verify({ path, identity: temporary.rootOf(tar).identity })).toBe(true)
  })

  it('has the places of mounts, made where they are missing and left alone where they are not', async () => {
    using temporary = temporaryRoots()
    const tar = handMadeTar(
      { name: 'tmp', flag: '2', linkName: 'var/tmp' },
      { name: 'root/', flag: '5', mode: 0o755 },
      { name: 'run', content: 'in the way' },
      { name: 'etc/hosts', content: 'hosts' },
    )
    const { path } = valueOf(await temporary.roots.ensure(temporary.rootOf(tar), ['/var/cache/go'], never))
    expect(describeTree(path)).toEqual({
      dev: '755 /',
      etc: '755 /',
      'etc/hostname': '644 ',
      'etc/hosts': '644 hosts',
      'etc/resolv.conf': '644 ',
      out: '755 /',
      proc: '755 /',
      root: '755 /',
      run: '644 in the way',
      sys: '755 /',
      tmp: '-> var/tmp',
      var: '755 /',
      'var/cache': '755 /',
      'var/cache/go': '755 /',
      'var/tmp': '1777 /',
      workspace: '755 /',
    })
  })
})

describe('layers over one another', () => {
  it('replace, add, and remove by whiteouts', async () => {
    const lower = handMadeTar(
      { name: 'keep', content: 'k' },
      { name: 'gone', content: 'g' },
      { name: 'gone-dir/x' },
      { name: 'dir/a', content: 'old' },
      { name: 'dir/b', content: 'old' },
      { name: 'file', content: 'f' },
    )
    const upper = handMadeTar(
      { name: '.wh.gone' },
      { name: '.wh.gone-dir' },
      { name: '.wh.never-there' },
      { name: 'dir/a', content: 'new' },
      { name: 'file/', flag: '5', mode: 0o755 },
      { name: '.wh..wh.plnk', content: 'x' },
    )
    expect(await layOut(lower, upper)).toEqual({ keep: '644 k', dir: '755 /', 'dir/a': '644 new', 'dir/b': '644 old', file: '755 /' })
  })

  it('hide all of a directory, but never what the same layer puts there, before or after', async () => {
    const lower = handMadeTar({ name: 'd/old' }, { name: 'd/sub/old' }, { name: 'e/old' }, { name: 'f', content: 'old' })
    const upper = handMadeTar(
      { name: 'd/sub/before' },
      { name: 'd/.wh..wh..opq' },
      { name: 'd/after' },
      { name: 'e/new' },
      { name: '.wh.e' },
      { name: 'f', content: 'new' },
      { name: '.wh.f' },
    )
    expect(Object.keys(await layOut(lower, upper))).toEqual(['d', 'd/after', 'd/sub', 'd/sub/before', 'e', 'e/new', 'f'])
  })

  it('take the marks of the lowest for what they are: about nothing', async () => {
    expect(await layOut(handMadeTar({ name: 'a' }, { name: '.wh.a' }, { name: '.wh..wh..opq' }))).toEqual({ a: '644 ' })
  })

  it('write through a link of a lower layer only inside', async () => {
    const lower = handMadeTar({ name: 'usr/lib/', flag: '5', mode: 0o755 }, { name: 'lib', flag: '2', linkName: 'usr/lib' })
    const upper = handMadeTar({ name: 'lib/x', content: 'x' })
    expect(await layOut(lower, upper)).toEqual({ usr: '755 /', 'usr/lib': '755 /', 'usr/lib/x': '644 x', lib: '-> usr/lib' })
  })
})
