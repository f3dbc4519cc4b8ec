import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { canonicalJson, digestHex, digestOf } from '@orchestrate/core'
import { readBootId } from '@orchestrate/store'
import { findExecutable } from './find-executable.ts'
import { INITS } from './find-init.ts'
import type { HostSearch } from './host-search.ts'
import type { Host } from './runtime.ts'

/** What an earlier process found out about starting containers with the runtime at `path`, on this boot and for this user; or null. */
export function readHost(search: HostSearch, path: string): Host | null {
  try {
    const { key, host } = JSON.parse(readFileSync(fileOf(search, path), 'utf8')) as { readonly key: unknown; readonly host: Host }
    return key === keyOf(search, path) && typeof host.runtime.path === 'string' ? host : null
  } catch {
    // Nobody has looked yet, or what was written is not whole: looking again is all that it costs.
    return null
  }
}

/** Keeps what was found for the next process; one that cannot be kept is found again. */
export function rememberHost(search: HostSearch, host: Host): void {
  const file = fileOf(search, host.runtime.path)
  const temporary = `${file}.${process.pid}`
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    writeFileSync(temporary, JSON.stringify({ key: keyOf(search, host.runtime.path), host }))
    renameSync(temporary, file)
  } catch {
    rmSync(temporary, { force: true })
  }
}

/** To be called when a container did not start as it was remembered. */
export function forgetHost(search: HostSearch, host: Host): void {
  rmSync(fileOf(search, host.runtime.path), { force: true })
}

function fileOf({ directory }: HostSearch, path: string): string {
  return join(directory, `host-${digestHex(digestOf(path)).slice(0, 12)}.json`)
}

/** Changes with everything that may change the answer and that can be seen without starting anything. */
function keyOf({ uid, searchPath, place, unified }: HostSearch, path: string): string {
  return canonicalJson({
    version: 2,
    boot: readBootId(),
    uid,
    searchPath,
    cgroups: [place.pids, place.memory, place.cpu, unified],
    runtime: stampOf(path),
    // What was missing then may have been installed, and what was there removed.
    helpers: HELPERS.map((name) => stampOf(findExecutable(name, searchPath))),
    ids: ['/etc/subuid', '/etc/subgid'].map(stampOf),
  })
}

const HELPERS = ['newuidmap', 'newgidmap', ...INITS]

/** Tells a file from what is there later under its name; null when there is none. */
function stampOf(path: string | null): string | null {
  const stats = path === null ? undefined : statSync(path, { throwIfNoEntry: false })
  return stats === undefined ? null : [stats.mtimeMs, stats.size, stats.ino].join(' ')
}
