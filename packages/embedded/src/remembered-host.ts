import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { canonicalJson, digestHex, digestOf } from '@orchestrate/core'
import { readBootId } from '@orchestrate/store'
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
  const { mtimeMs, size, ino } = statSync(path)
  return canonicalJson({
    version: 1,
    boot: readBootId(),
    uid,
    searchPath,
    cgroups: [place.pids, place.memory, unified],
    runtime: [mtimeMs, size, ino],
  })
}
