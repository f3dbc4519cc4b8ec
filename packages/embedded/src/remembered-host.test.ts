import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@orchestrate/core'
import { createBreath } from '@orchestrate/store'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { HostSearch } from './host-search.ts'
import { forgetHost, readHost, rememberHost } from './remembered-host.ts'
import type { Host } from './runtime.ts'

let directory: string
let search: HostSearch
let host: Host

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'host-'))
  mkdirSync(join(directory, 'bin'))
  install('crun', 'one')
  search = {
    runtime: null,
    directory: join(directory, 'engine'),
    run: { runId: 'run', pid: process.pid, pidStart: '1', bootId: 'boot' },
    searchPath: join(directory, 'bin'),
    uid: 1000,
    place: { pids: null, memory: null, cpu: null, reason: 'none' },
    unified: null,
    breath: () => createBreath(systemClock),
  }
  const runtime = { path: join(directory, 'bin/crun'), kind: 'crun', version: '1' } as const
  host = { runtime, ids: 'single', upper: 'disk', init: null, cgroupNamespace: true }
  rememberHost(search, host)
})

afterEach(() => rmSync(directory, { recursive: true }))

function install(name: string, text: string): void {
  writeFileSync(join(directory, 'bin', name), text, { mode: 0o755 })
}

it('remembers what started a container', () => {
  expect(readHost(search, host.runtime.path)).toEqual(host)
})

it('looks again when the runtime is another', () => {
  install('crun', 'another')
  expect(readHost(search, host.runtime.path)).toBeNull()
})

it.each(['newuidmap', 'tini-static'])('looks again when %s was installed on PATH', (name) => {
  install(name, 'new')
  expect(readHost(search, host.runtime.path)).toBeNull()
})

it('looks again for another user and in another cgroup', () => {
  expect(readHost({ ...search, uid: 1001 }, host.runtime.path)).toBeNull()
  expect(readHost({ ...search, place: { pids: '/c', memory: null, cpu: null, reason: null } }, host.runtime.path)).toBeNull()
})

it('looks again where the answer did not hold, and where its file is cut', () => {
  forgetHost(search, host)
  expect(readHost(search, host.runtime.path)).toBeNull()
  rememberHost(search, host)
  const [file = ''] = readFiles()
  writeFileSync(file, '{"key":')
  expect(readHost(search, host.runtime.path)).toBeNull()
})

function readFiles(): readonly string[] {
  return readdirSync(join(directory, 'engine')).map((name) => join(directory, 'engine', name))
}
