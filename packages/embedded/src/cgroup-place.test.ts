import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type CgroupFiles, findCgroupPlace, findUnified } from './cgroup-place.ts'

let machine: string
const ours = new Set<string>()

beforeEach(() => {
  machine = mkdtempSync(join(tmpdir(), 'cgroups-'))
  ours.clear()
})

afterEach(() => rmSync(machine, { recursive: true }))

/** The files of a machine below a directory; what is ours is said, because a test of root's may write to everything. */
const files: CgroupFiles = {
  read: (path) => {
    try {
      return readFileSync(join(machine, path), 'utf8')
    } catch {
      return null
    }
  },
  canWrite: (path) => ours.has(path),
}

function put(path: string, text: string): void {
  mkdirSync(join(machine, dirname(path)), { recursive: true })
  writeFileSync(join(machine, path), text)
}

function own(...directories: readonly string[]): void {
  for (const directory of directories) ours.add(directory).add(`${directory}/cgroup.procs`)
}

const V2 = '30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n'
const V1 = [
  '31 23 0:27 / /sys/fs/cgroup/pids rw,nosuid shared:10 - cgroup cgroup rw,pids',
  '32 23 0:28 / /sys/fs/cgroup/memory rw,nosuid shared:11 - cgroup cgroup rw,memory',
  '33 23 0:29 / /sys/fs/cgroup/unified rw,nosuid shared:12 - cgroup2 cgroup2 rw',
  '',
].join('\n')

it('makes cgroups below its own in v1, each where its controller is', () => {
  put('/proc/self/mountinfo', V1)
  put('/proc/self/cgroup', '8:pids:/\n4:memory:/session/7\n0::/\n')
  own('/sys/fs/cgroup/pids', '/sys/fs/cgroup/memory/session/7')
  expect(findCgroupPlace(files)).toEqual({
    pids: '/sys/fs/cgroup/pids',
    memory: '/sys/fs/cgroup/memory/session/7',
    cpu: null,
    reason: null,
  })
})

it('sees its own cgroup of v1 where a container has bound it', () => {
  put('/proc/self/mountinfo', '31 23 0:27 /docker/abc /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n')
  put('/proc/self/cgroup', '8:pids:/docker/abc\n')
  own('/sys/fs/cgroup/pids')
  expect(findCgroupPlace(files)).toEqual({ pids: '/sys/fs/cgroup/pids', memory: null, cpu: null, reason: null })
})

it('has no place in v1 as an ordinary user', () => {
  put('/proc/self/mountinfo', V1)
  put('/proc/self/cgroup', '8:pids:/\n4:memory:/session/7\n0::/\n')
  expect(findCgroupPlace(files)).toEqual({ pids: null, memory: null, cpu: null, reason: 'no cgroup is delegated to this user' })
})

it('takes the nearest parent of v2 that is ours and hands out the controllers', () => {
  const slice = '/sys/fs/cgroup/user.slice/user@1000.service/app.slice'
  put('/proc/self/mountinfo', V2)
  put('/proc/self/cgroup', '0::/user.slice/user@1000.service/app.slice/run-1.scope\n')
  put(`${slice}/run-1.scope/cgroup.subtree_control`, '\n')
  put(`${slice}/cgroup.subtree_control`, 'memory pids\n')
  put('/sys/fs/cgroup/cgroup.subtree_control', 'cpu memory pids\n')
  own(slice, `${slice}/run-1.scope`)
  expect(findCgroupPlace(files)).toEqual({ pids: slice, memory: slice, cpu: null, reason: null })
})

it('has no place in v2 when only others may write to those that hand out controllers', () => {
  put('/proc/self/mountinfo', V2)
  put('/proc/self/cgroup', '0::/user.slice/session-3.scope\n')
  put('/sys/fs/cgroup/user.slice/cgroup.subtree_control', 'memory pids\n')
  own('/sys/fs/cgroup/user.slice/session-3.scope')
  expect(findCgroupPlace(files)).toEqual({ pids: null, memory: null, cpu: null, reason: 'no cgroup is delegated to this user' })
})

it('has no place above what its cgroup namespace shows', () => {
  put('/proc/self/mountinfo', '30 23 0:26 /inner /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n')
  put('/proc/self/cgroup', '0::/../outer\n')
  own('/sys/fs/cgroup')
  expect(findCgroupPlace(files)).toMatchObject({ pids: null, memory: null })
})

it('says so when there are no cgroups at all', () => {
  expect(findCgroupPlace(files)).toEqual({ pids: null, memory: null, cpu: null, reason: 'no cgroup file system is mounted' })
})

it('hides a unified hierarchy only where it holds a controller', () => {
  expect(findUnified(files)).toBeNull()
  put('/sys/fs/cgroup/unified/cgroup.controllers', '\n')
  expect(findUnified(files)).toBeNull()
  put('/sys/fs/cgroup/unified/cgroup.controllers', 'hugetlb\n')
  expect(findUnified(files)).toBe('/sys/fs/cgroup/unified')
})
