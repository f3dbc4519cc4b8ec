import { expect, it } from 'vitest'
import type { ContainerPlan } from './container-plan.ts'
import { describeContainer } from './describe-container.ts'
import type { Host } from './runtime.ts'

const plan: ContainerPlan = {
  directory: '/store/runs/r/c',
  run: { runId: 'r', pid: 1, pidStart: '1', bootId: 'b' },
  id: 'orchestrate-r-c',
  root: '/store/roots/x/root',
  argv: ['make', 'all'],
  env: new Map([['PATH', '/bin']]),
  workdir: '/workspace/app',
  user: { uid: 0, gid: 0, additionalGids: [] },
  hostname: 'builder',
  mounts: [
    { to: '/workspace/app/cache', source: '/store/caches/c', kind: 'directory', access: 'writable' },
    { to: '/workspace', source: '/store/views/v', kind: 'directory', access: 'read-only' },
    { to: '/opt/tool', source: '/store/views/t', kind: 'file', access: 'read-only' },
    { to: '/src', source: '/store/views/s', kind: 'directory', access: 'throw-away' },
  ],
  network: 'off',
  limits: { pids: 100, memory: null, cpus: null },
  graceMs: 1000,
}

const host: Host = {
  runtime: { path: '/usr/bin/crun', kind: 'crun', version: '1' },
  ids: 'subordinate',
  upper: 'disk',
  init: '/usr/bin/catatonit',
  cgroupNamespace: true,
}

/** The parts of config.json that tests look at. */
interface Description {
  readonly process: { readonly args: readonly string[]; readonly user: object; readonly capabilities: Record<string, readonly string[]> }
  readonly root: object
  readonly mounts: readonly { readonly destination: string; readonly source: string; readonly options: readonly string[] }[]
  readonly linux: {
    readonly namespaces: readonly { readonly type: string }[]
    readonly uidMappings?: readonly object[]
    readonly gidMappings?: readonly object[]
    readonly cgroupsPath?: string
    readonly resources?: object
    readonly maskedPaths: readonly string[]
  }
}

function describeFor(planned: Partial<ContainerPlan>, found: Partial<Host> = {}): Description {
  const options = { host: { ...host, ...found }, architecture: 'x64', rlimits: [] }
  return describeContainer({ ...plan, ...planned }, options) as Description
}

const typesOf = ({ linux }: Description): readonly string[] => linux.namespaces.map(({ type }) => type)

it('mounts outer before inner, inputs so that nothing below them can be written, and puts an init before the command', () => {
  const { mounts, process, root } = describeFor({})
  expect(mounts.slice(-4)).toEqual([
    { destination: '/opt/tool', type: 'bind', source: '/store/views/t', options: ['rbind', 'ro', 'nosuid', 'nodev'] },
    { destination: '/src', type: 'bind', source: '/store/runs/r/c/merged-3', options: ['rbind', 'rw', 'nosuid', 'nodev'] },
    { destination: '/workspace', type: 'bind', source: '/store/views/v', options: ['rbind', 'rro', 'nosuid', 'nodev'] },
    { destination: '/workspace/app/cache', type: 'bind', source: '/store/caches/c', options: ['rbind', 'rw', 'nosuid', 'nodev'] },
  ])
  expect(process.args).toEqual(['/dev/.init', '--', 'make', 'all'])
  expect(root).toEqual({ path: '/store/runs/r/c/merged-root', readonly: false })
})

it('runs the command itself where there is no init, in a read-only root where there is no overlay', () => {
  const { mounts, process, root } = describeFor({}, { init: null, upper: 'none' })
  expect(process.args).toEqual(['make', 'all'])
  expect(root).toEqual({ path: plan.root, readonly: true })
  expect(mounts.map(({ destination }) => destination)).toEqual(expect.arrayContaining(['/tmp', '/var/tmp', '/root', '/run']))
})

it('gives the five capabilities to uid 0, and to others only what a file could give', () => {
  const five = ['CAP_CHOWN', 'CAP_DAC_OVERRIDE', 'CAP_FOWNER', 'CAP_SETGID', 'CAP_SETUID']
  expect(describeFor({}).process.capabilities).toEqual({ bounding: five, effective: five, permitted: five, inheritable: [], ambient: [] })
  const user = { uid: 1000, gid: 1000, additionalGids: [] }
  expect(describeFor({ user }).process.capabilities).toEqual({
    bounding: five,
    effective: [],
    permitted: [],
    inheritable: [],
    ambient: [],
  })
})

it('has a network namespace only when the network is off, and hides the cgroups of the machine otherwise', () => {
  const off = describeFor({})
  const on = describeFor({ network: 'host' })
  expect([typesOf(off).includes('network'), typesOf(on).includes('network')]).toEqual([true, false])
  expect([off.linux.maskedPaths.includes('/sys/fs/cgroup'), on.linux.maskedPaths.includes('/sys/fs/cgroup')]).toEqual([false, true])
  expect(on.mounts.find(({ destination }) => destination === '/sys')).toMatchObject({
    source: '/sys',
    options: expect.arrayContaining(['rro']),
  })
})

it('makes the user namespace of root in the container, with every uid as it is', () => {
  const { linux } = describeFor({}, { ids: 'root' })
  const all = [{ containerID: 0, hostID: 0, size: 65_536 }]
  expect([linux.namespaces.at(-1), linux.uidMappings, linux.gidMappings]).toEqual([{ type: 'user' }, all, all])
})

it('lets a builder of another uid be the caller where there is only one uid', () => {
  const user = { uid: 1000, gid: 7, additionalGids: [44] }
  const { linux, process } = describeFor({ user }, { ids: 'single' })
  expect([linux.uidMappings, linux.gidMappings]).toEqual([
    [{ containerID: 1000, hostID: 0, size: 1 }],
    [{ containerID: 7, hostID: 0, size: 1 }],
  ])
  expect(process.user).toEqual({ uid: 1000, gid: 7, additionalGids: [], umask: 0o022 })
  expect(typesOf(describeFor({}, { ids: 'single' }))).not.toContain('user')
})

it('leaves a cgroup to runtimes that insist on one, under a name of its own', () => {
  const runtime = { path: '/usr/sbin/runc', kind: 'runc', version: '1' } as const
  expect(describeFor({}, { runtime, ids: 'root' }).linux).toMatchObject({
    cgroupsPath: '/orchestrate-r-c-runtime',
    resources: { pids: { limit: 100 } },
  })
  const limits = { pids: 100, memory: 1024, cpus: 1.5 }
  expect(describeFor({ limits }, { runtime, ids: 'root' }).linux.resources).toEqual({
    pids: { limit: 100 },
    memory: { limit: 1024 },
    cpu: { period: 100_000, quota: 150_000 },
  })
  expect([describeFor({}, { ids: 'root' }).linux.cgroupsPath, describeFor({}, { runtime }).linux.cgroupsPath]).toEqual([
    undefined,
    undefined,
  ])
})
