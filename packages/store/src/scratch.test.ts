import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { execFileSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { systemClock } from '@orchestrate/core'
import { temporaryStore, valueOf } from '../test/temporary-store.ts'
import { createBreath } from './breath.ts'
import { removeTree } from './remove-tree.ts'

it('gives each caller an empty directory and removes it with everything in it', async () => {
  await using rig = await temporaryStore()
  const first = valueOf(await rig.store.scratch())
  const second = valueOf(await rig.store.scratch())
  expect(first.path).not.toBe(second.path)
  mkdirSync(join(first.path, 'deep/er'), { recursive: true })
  writeFileSync(join(first.path, 'deep/er/file'), 'x')
  writeFileSync(Buffer.concat([Buffer.from(`${first.path}/`), Buffer.from([0xff, 0xfe])]), 'no UTF-8')
  symlinkSync(second.path, join(first.path, 'link'))
  await first[Symbol.asyncDispose]()
  expect(existsSync(first.path)).toBe(false)
  expect(readdirSync(second.path)).toEqual([])
})

it('removes directories without any permission, for a user who is not root', async () => {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'store-remove-')))
  const top = join(directory, 'top')
  const inner = join(top, 'closed')
  mkdirSync(inner, { recursive: true })
  writeFileSync(join(inner, 'file'), 'x', { mode: 0o000 })
  for (const path of [join(inner, 'file'), inner, top, directory]) chownSync(path, 65_534, 65_534)
  chmodSync(inner, 0o000)
  chmodSync(top, 0o000)
  try {
    process.seteuid?.(65_534)
    await removeTree(top, createBreath(systemClock))
  } finally {
    process.seteuid?.(0)
  }
  expect(readdirSync(directory)).toEqual([])
  rmSync(directory, { recursive: true })
})

it('never reaches into a file system that is mounted inside', async () => {
  await using rig = await temporaryStore()
  const mount = join(rig.directory, 'top/mount')
  mkdirSync(mount, { recursive: true })
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', mount])
  try {
    writeFileSync(join(mount, 'precious'), 'x')
    await expect(removeTree(join(rig.directory, 'top'), createBreath(systemClock))).rejects.toThrow('EBUSY')
    expect(readdirSync(mount)).toEqual(['precious'])
  } finally {
    execFileSync('umount', [mount])
  }
})
