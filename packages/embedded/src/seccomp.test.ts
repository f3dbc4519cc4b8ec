import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, it } from 'vitest'
import { seccompProfile } from './seccomp.ts'

/** What a process needs that starts a container, and a builder does not. */
const STARTS_CONTAINERS = [
  'fsconfig',
  'fsmount',
  'fsopen',
  'keyctl',
  'mount',
  'mount_setattr',
  'move_mount',
  'open_tree',
  'pivot_root',
  'sethostname',
  'umount2',
  'unshare',
]

it('refuses what changes the kernel or looks into it, by name, in order', () => {
  const [calls] = seccompProfile('x64').syscalls
  expect(calls?.names).toEqual([...(calls?.names ?? [])].toSorted())
  expect(calls?.names).toEqual(expect.arrayContaining([...STARTS_CONTAINERS, 'bpf', 'init_module', 'reboot', 'setns', 'userfaultfd']))
})

it('knows the sub-architectures of a machine, and the native one of any other', () => {
  expect(seccompProfile('x64').architectures).toEqual(['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'])
  expect(seccompProfile('riscv64').architectures).toEqual([])
})

it('is what docs/containers/seccomp.json refuses to a container in which builders are started, but for what starts them', () => {
  const file = resolve(import.meta.dirname, '../../../docs/containers/seccomp.json')
  const { syscalls } = JSON.parse(readFileSync(file, 'utf8')) as ReturnType<typeof seccompProfile>
  const [inner, ...others] = seccompProfile('x64').syscalls
  const sockets = others.filter(({ names }) => names.includes('socket'))
  expect(syscalls).toEqual([{ ...inner, names: inner?.names.filter((name) => !STARTS_CONTAINERS.includes(name)) }, ...sockets])
})
