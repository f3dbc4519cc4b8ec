import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { handMadeTar, type Member } from '../../packages/embedded/test/hand-made-tar.ts'
import { createRig, type Rig } from '../e2e/rig.ts'

const BUSYBOX = readFileSync('/bin/busybox')

const FILES = {
  'builder.yaml': `version: 1
workspace: { name: w, engine: embedded }
toolchains:
  tiny: { rootfs: tiny.tar }
services:
  app:
    build:
      toolchain: tiny
      run: "cat /etc/motd /etc/again > /out/app; ls -ln /etc | cut -c1-30 > /out/list"
      inputs: []
      outputs: [app, list]
`,
}

/** A workspace whose toolchain is a shell and these members. */
function rigWith(...members: readonly (Member | Buffer)[]): Rig {
  const rig = createRig(FILES)
  const applets = ['sh', 'cat', 'ls', 'cut'].map((name) => ({ name: `bin/${name}`, flag: '2', linkName: 'busybox' }))
  const tar = handMadeTar({ name: 'bin/busybox', mode: 0o4755, content: BUSYBOX }, ...applets, ...members)
  writeFileSync(join(rig.root, 'tiny.tar'), tar)
  return rig
}

const MOTD: readonly Member[] = [
  { name: 'etc/motd', content: 'hi\n', uid: 1234 },
  { name: 'etc/again', flag: '1', linkName: 'etc/motd' },
]

const rootsOf = (rig: Rig): string => join(rig.store, 'embedded/roots')

/** The directory of the only root that is kept. */
function onlyRoot(rig: Rig): string {
  const [name, ...others] = readdirSync(rootsOf(rig))
  expect(others).toEqual([])
  return join(rootsOf(rig), name ?? '', 'root')
}

describe('a toolchain archive', () => {
  it("with devices, foreign owners, hard links and whiteouts builds, as the caller's own files", async () => {
    using rig = rigWith(
      ...MOTD,
      { name: 'dev/sda', flag: '4' },
      { name: 'pipe', flag: '6' },
      { name: 'etc/.wh.motd' },
      { name: 'etc/secret', mode: 0 },
    )
    const run = await rig.apply()
    expect(run.code, run.stderr).toBe(0)
    expect(readdirSync(onlyRoot(rig)).toSorted()).toEqual([
      'bin',
      'dev',
      'etc',
      'out',
      'proc',
      'root',
      'run',
      'sys',
      'tmp',
      'var',
      'workspace',
    ])
    expect(readFileSync(join(onlyRoot(rig), 'etc/again'), 'utf8')).toBe('hi\n')
  })

  it.each([
    ['a name that climbs', [{ name: '../../outside' }], 'entry "../../outside" of layer 1 of 1'],
    [
      'a link out that is written through',
      [{ name: 'door', flag: '2', linkName: '../../../..' }, { name: 'door/x' }],
      'entry "door/x" of layer 1 of 1',
    ],
    ['a hard link to nothing', [{ name: 'h', flag: '1', linkName: 'etc/shadow' }], 'which is not there'],
  ] as const)('with %s is refused, and nothing is kept or cached', async (_, members, words) => {
    using rig = rigWith(...MOTD, ...members)
    const run = await rig.apply()
    expect(run.code, run.stderr).toBe(7)
    expect(run.targets.get('app:build')?.trouble).toMatchObject({ id: 'embedded/hostile-archive' })
    expect(run.targets.get('app:build')?.trouble?.message).toContain(words)
    expect(readdirSync(rootsOf(rig))).toEqual([])
    expect((await rig.plan()).targets.find((target) => target.id === 'app:build')?.decision).toBe('build')
  })

  it('that does not fit on the disk is a clear error, and goes on once there is space', async () => {
    using rig = rigWith(...MOTD, { name: 'large', content: Buffer.alloc(6 << 20, 'x') })
    mkdirSync(rig.store, { mode: 0o700 })
    const mount = (size: string, more: string): void =>
      void execFileSync('mount', ['-t', 'tmpfs', '-o', `${more}size=${size},mode=0700`, 'tmpfs', rig.store])
    mount('12m', '')
    try {
      const run = await rig.apply()
      expect(run.code, run.stderr).toBe(5)
      expect(run.targets.get('app:build')?.trouble).toMatchObject({ id: 'embedded/disk-full' })
      expect(readdirSync(rootsOf(rig))).toEqual([])
      mount('40m', 'remount,')
      expect((await rig.apply()).code).toBe(0)
    } finally {
      execFileSync('umount', [rig.store])
    }
  })
})

describe('an unpacked toolchain', () => {
  it('that somebody has changed is unpacked again, and what was built with it does not count', async () => {
    using rig = rigWith(...MOTD)
    expect((await rig.apply()).code).toBe(0)
    appendFileSync(join(onlyRoot(rig), 'etc/motd'), 'changed')
    const run = await rig.apply('--force')
    expect(run.code, run.stderr).toBe(0)
    expect(readFileSync(join(onlyRoot(rig), 'etc/motd'), 'utf8')).toBe('hi\n')
    expect(readFileSync(run.targets.get('app:build')?.logPath ?? '', 'utf8')).toContain('the unpacked toolchain had been changed')
  })

  it('that somebody has removed is unpacked again', async () => {
    using rig = rigWith(...MOTD)
    expect((await rig.apply()).code).toBe(0)
    rmSync(rootsOf(rig), { recursive: true })
    expect((await rig.apply('--force')).code).toBe(0)
    expect(readFileSync(join(onlyRoot(rig), 'etc/motd'), 'utf8')).toBe('hi\n')
  })

  it('that was unpacked by halves by a process that is dead is not taken for one', async () => {
    using rig = rigWith(...MOTD)
    expect((await rig.apply()).code).toBe(0)
    rmSync(join(onlyRoot(rig), '../state'))
    rmSync(join(onlyRoot(rig), 'bin'), { recursive: true })
    expect((await rig.apply('--force')).code).toBe(0)
  })
})
