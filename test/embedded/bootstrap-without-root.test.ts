import { copyFileSync, existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { addBusybox, createRig } from '../e2e/rig.ts'
import { createUnprivilegedUser } from './unprivileged-user.ts'

const DEBIAN = {
  'builder.yaml': 'version: 1\nworkspace: { name: w }\ntoolchains:\n  tiny: { debian: { suite: trixie, packages: [ca-certificates] } }\n',
}
const ROOTFS = { 'builder.yaml': 'version: 1\nworkspace: { name: w }\ntoolchains:\n  tiny: { rootfs: toolchains/busybox.tar }\n' }

describe('an ordinary user with subordinate ids', () => {
  it('bootstraps the toolchain that root bootstraps, byte for byte', async () => {
    using rig = createRig(DEBIAN)
    using user = createUnprivilegedUser('subordinate', DEBIAN)
    const [asRoot, asUser] = await Promise.all([rig.run(['lock']), user.run(['lock'])])
    expect([asRoot.code, asUser.code], asUser.stderr).toEqual([0, 0])
    const [root, own] = [rig.root, user.workspace].map((workspace) => readFileSync(join(workspace, 'builder.lock'), 'utf8'))
    expect(own).toBe(root)
    expect(own).toMatch(/ca-certificates/)
    expect(user.processes()).toEqual([])
  })

  it('is told to install uidmap where newuidmap is missing', async () => {
    using user = createUnprivilegedUser('subordinate', DEBIAN)
    const tools = join(user.home, 'tools')
    mkdirSync(tools)
    for (const tool of ['setpriv', 'unshare', 'sh', 'mount', 'rm', 'mmdebstrap']) symlinkSync(join('/usr/bin', tool), join(tools, tool))
    const run = await user.run(['lock'], { PATH: tools })
    expect(run.code).toBe(5)
    expect(run.stderr).toContain('this user may not bootstrap toolchain "tiny": newuidmap and newgidmap are missing')
    expect(run.stderr).toContain('install the package uidmap (apt-get install uidmap), or bootstrap it as root')
  })
})

describe('an ordinary user without subordinate ids', () => {
  it('is told how to get them', async () => {
    using user = createUnprivilegedUser('single', DEBIAN)
    const run = await user.run(['lock'])
    expect(run.code).toBe(5)
    expect(run.stderr).toContain('this user may not bootstrap toolchain "tiny": it has no subordinate ids')
    expect(run.stderr).toContain('usermod --add-subuids 100000-165535 --add-subgids 100000-165535 USER')
    expect(existsSync(join(user.workspace, 'builder.lock'))).toBe(false)
  })

  it('takes a root file system from an archive', async () => {
    using rig = createRig(ROOTFS)
    addBusybox(rig)
    using user = createUnprivilegedUser('single', ROOTFS)
    mkdirSync(join(user.workspace, 'toolchains'))
    copyFileSync(join(rig.root, 'toolchains/busybox.tar'), join(user.workspace, 'toolchains/busybox.tar'))
    const [asRoot, asUser] = [await rig.run(['lock']), await user.run(['lock'])]
    expect([asRoot.code, asUser.code], asUser.stderr).toEqual([0, 0])
    const [root, own] = [rig.root, user.workspace].map((workspace) => readFileSync(join(workspace, 'builder.lock'), 'utf8'))
    expect(own).toBe(root)
  })
})
