import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { digestOf } from '@orchestrate/core'
import { formatLabel, labelProcess, openStore, type Store } from '@orchestrate/store'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { ProcessRequest } from '../process-runner.ts'
import { debianSource, samplePlatform } from '../sample-toolchains.ts'
import { type ScriptedProcess, scriptedProcesses } from '../scripted-processes.ts'
import { bootstrapDebian, type DebianRequest } from './bootstrap-debian.ts'

let directory: string
let store: Store
let now: number
const clock = { now: () => now, monotonic: () => 0 }

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'bootstrap-'))
  now = 1000
  const opened = await openStore({ root: join(directory, 'store'), clock })
  if (!opened.ok) throw new Error(opened.error.message)
  store = opened.value
})

afterEach(() => rmSync(directory, { recursive: true, force: true }))

const BASE: ScriptedProcess = { stdout: Buffer.from('base'), lines: ['orchestrate package bash 5.2'] }
const WHOLE: ScriptedProcess = { stdout: Buffer.from('whole'), lines: ['orchestrate package bash 5.2', 'orchestrate package make 4.4'] }

const stage = ({ env }: ProcessRequest): string => env.get('ORCHESTRATE_STAGE') ?? ''
const perStage = (request: ProcessRequest): ScriptedProcess => (stage(request) === 'base' ? BASE : WHOLE)
const make: DebianRequest = { name: 'c', source: debianSource(['make']), platform: samplePlatform, locked: null }

function bootstrap(
  processes: ReturnType<typeof scriptedProcesses>,
  request: Partial<DebianRequest> = {},
  signal = new AbortController().signal,
  superuser = true,
) {
  const deps = {
    store,
    processes,
    env: new Map([
      ['PATH', '/bin'],
      ['http_proxy', 'http://proxy'],
      ['SECRET', 'x'],
    ]),
    superuser,
    clock,
  }
  return bootstrapDebian({ ...make, ...request }, deps, { progress: () => undefined, signal })
}

it('makes the base once for all toolchains of a suite, also at the same time', async () => {
  const processes = scriptedProcesses(perStage)
  const results = await Promise.all([bootstrap(processes), bootstrap(processes, { name: 'd' })])
  const versions = new Map([
    ['bash', '5.2'],
    ['make', '4.4'],
  ])
  expect(results[0]).toEqual({ ok: true, value: { layer: { digest: digestOf('whole'), size: 5 }, versions } })
  expect(results[1]).toEqual(results[0])
  expect(processes.requests.map(stage)).toEqual(['base', 'packages', 'packages'])
  const inputs = processes.requests.map(({ input }) => (input === null ? null : readFileSync(input, 'utf8')))
  expect(inputs).toEqual([null, 'base', 'base'])
})

it('passes on PATH and proxies and nothing else of the host', async () => {
  const processes = scriptedProcesses(perStage)
  await bootstrap(processes, { source: debianSource(['gcc', 'make']) })
  const env = new Map(processes.requests[1]?.env)
  expect(env.get('TMPDIR')).toMatch(/\/root$/)
  env.delete('TMPDIR')
  expect(Object.fromEntries(env)).toEqual({
    PATH: '/bin',
    http_proxy: 'http://proxy',
    LC_ALL: 'C.UTF-8',
    SOURCE_DATE_EPOCH: '315619200',
    ORCHESTRATE_STAGE: 'packages',
    ORCHESTRATE_PACKAGES: 'gcc make',
    ORCHESTRATE_LOCKED: '',
  })
})

it('takes the declared mirror, else a snapshot by its date, else Debian itself', async () => {
  const processes = scriptedProcesses(perStage)
  const last = (): readonly string[] | undefined => processes.requests.at(-1)?.argv.slice(-3)
  await bootstrap(processes)
  expect(last()?.slice(1)).toEqual(['trixie', '-'])
  await bootstrap(processes, { source: debianSource(['make'], { snapshot: '20260101T000000Z' }) })
  expect(last()).toEqual(['trixie', '-', 'http://snapshot.debian.org/archive/debian/20260101T000000Z/'])
  expect(processes.requests.at(-1)?.argv).toContain('--aptopt=Acquire::Check-Valid-Until "false"')
  await bootstrap(processes, { source: debianSource(['make'], { mirror: 'http://mirror.example/debian' }) })
  expect(last()).toEqual(['trixie', '-', 'http://mirror.example/debian'])
})

it('makes a base anew when the mirror has newer packages', async () => {
  const first = scriptedProcesses(perStage)
  await bootstrap(first)
  now = 2000
  let bases = 0
  const second = scriptedProcesses((request) => {
    if (stage(request) === 'base') {
      bases += 1
      return { stdout: Buffer.from('newer base'), lines: ['orchestrate package bash 5.3'] }
    }
    if (bases === 0) return { lines: ['orchestrate base-outdated'], exit: { kind: 'exited', code: 25 } }
    return WHOLE
  })
  expect(await bootstrap(second)).toMatchObject({ ok: true })
  expect(second.requests.map(stage)).toEqual(['packages', 'base', 'packages'])
})

it('uses a base for locked versions only when every version is the locked one', async () => {
  await bootstrap(scriptedProcesses(perStage))
  const same = scriptedProcesses(perStage)
  await bootstrap(same, {
    locked: new Map([
      ['bash', '5.2'],
      ['make', '4.4'],
    ]),
  })
  expect(same.requests.map(stage)).toEqual(['packages'])
  expect(same.requests[0]?.env.get('ORCHESTRATE_LOCKED')).toBe('bash=5.2 make=4.4')
  const other = scriptedProcesses(perStage)
  const result = await bootstrap(other, {
    locked: new Map([
      ['bash', '5.1'],
      ['make', '4.4'],
    ]),
  })
  expect(other.requests.map(stage)).toEqual(['base', 'packages'])
  expect(result).toMatchObject({ ok: false, error: { id: 'toolchain/identity-differs', details: ['bash: locked 5.1, got 5.2'] } })
})

it('stores nothing of a bootstrap that failed half-way', async () => {
  const processes = scriptedProcesses((request) => (stage(request) === 'base' ? BASE : { ...WHOLE, exit: { kind: 'exited', code: 25 } }))
  expect(await bootstrap(processes)).toMatchObject({ ok: false, error: { kind: 'environment', id: 'toolchain/bootstrap-failed' } })
  expect(await store.blobs.has(digestOf('whole'))).toBe(false)
})

it('says when a tool is missing', async () => {
  const processes = scriptedProcesses(() => ({ exit: { kind: 'not-started', command: 'setpriv', code: 'ENOENT' } }))
  expect(await bootstrap(processes)).toMatchObject({
    ok: false,
    error: { id: 'toolchain/mmdebstrap-missing', message: 'toolchain "c" is bootstrapped with mmdebstrap, but "setpriv" is not installed' },
  })
})

it('is cancelled by its signal', async () => {
  const controller = new AbortController()
  const processes = scriptedProcesses(() => (controller.abort(), { exit: { kind: 'signalled', signal: 'SIGKILL' } }))
  expect(await bootstrap(processes, {}, controller.signal)).toMatchObject({ ok: false, error: { id: 'toolchain/cancelled' } })
})

it('is root in a namespace of subordinate ids for an ordinary user, and in none of its own for root', async () => {
  const never = new AbortController().signal
  const [asUser, asRoot] = [scriptedProcesses(perStage), scriptedProcesses(perStage)]
  await bootstrap(asUser, {}, never, false)
  await bootstrap(asRoot, { locked: new Map([['bash', '1']]) })
  const start = ['setpriv', '--pdeathsig', 'KILL', 'unshare']
  const map = ['--user', '--map-root-user', '--map-auto']
  const rest = ['--mount', '--pid', '--fork', '--kill-child=KILL', '--mount-proc', 'sh', '-c']
  expect(asUser.requests[0]?.argv.slice(0, 14)).toEqual([...start, ...map, ...rest])
  expect(asRoot.requests[0]?.argv.slice(0, 11)).toEqual([...start, ...rest])
})

it('removes as root inside what a failed or killed bootstrap has left of subordinate ids', async () => {
  const dead = spawnSync('true').pid
  const leftover = join(store.root, 'tmp', `${formatLabel({ ...labelProcess({}), pid: dead })}.0123456789ab`)
  mkdirSync(leftover)
  const isRemoval = ({ argv }: ProcessRequest): boolean => argv.includes('rm')
  const processes = scriptedProcesses((request) => (isRemoval(request) ? {} : { exit: { kind: 'exited', code: 25 } }))
  await bootstrap(processes, {}, new AbortController().signal, false)
  expect(processes.requests.map(isRemoval)).toEqual([true, false, true])
  const removed = processes.requests.filter(isRemoval).map(({ argv }) => argv.slice(argv.indexOf('--') + 1))
  const temporary = processes.requests[1]?.env.get('TMPDIR') ?? ''
  expect(removed).toEqual([[leftover], [temporary, `${temporary}.upper`]])
})

it('starts nothing for a suite or a package that reads as an option', async () => {
  const processes = scriptedProcesses(perStage)
  const packages = await bootstrap(processes, { source: debianSource(['--force', 'make']) })
  expect(packages).toMatchObject({ ok: false, error: { message: '"--force": no such package in suite "trixie" (toolchain "c")' } })
  const suite = await bootstrap(processes, { source: debianSource([], { suite: '-x' }) })
  expect(suite).toMatchObject({ ok: false, error: { id: 'toolchain/unknown-suite' } })
  expect(processes.requests).toEqual([])
})
