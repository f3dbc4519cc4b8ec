import { join } from 'node:path'
import { type EnvironmentError, err, ok, type Result } from '@orchestrate/core'
import { runDirectory } from './container-directory.ts'
import { embeddedError } from './embedded-error.ts'
import { findExecutable } from './find-executable.ts'
import { findInit } from './find-init.ts'
import type { FoundHost, HostSearch } from './host-search.ts'
import { probeContainer } from './probe-container.ts'
import { readHost, rememberHost } from './remembered-host.ts'
import type { Host, IdMap, Runtime, Tools } from './runtime.ts'
import { askVersion } from './runtime-version.ts'
import { hasSubordinateIds } from './subordinate-ids.ts'

const KNOWN_RUNTIMES = ['crun', 'runc']

/**
 * How containers are started here: the first runtime, and the most of what builders should have, with which a container does
 * start. Never by version: only a start tells. What was found is remembered until this boot ends or the runtime changes.
 */
export async function findHost(
  search: HostSearch,
  options: { readonly fresh: boolean; readonly signal: AbortSignal },
): Promise<Result<FoundHost, EnvironmentError>> {
  const tools = findTools(search.searchPath)
  if (!tools.ok) return tools
  const paths = runtimePaths(search)
  if (paths.length === 0) return err(noRuntime(search.runtime))
  const words: string[] = []
  for (const path of paths) {
    const known = options.fresh ? null : readHost(search, path)
    if (known !== null) return ok({ host: known, tools: tools.value, remembered: true })
    const tried = await tryRuntime(search, path, { tools: tools.value, signal: options.signal })
    if (tried.ok) {
      rememberHost(search, tried.value)
      return ok({ host: tried.value, tools: tools.value, remembered: false })
    }
    words.push(...tried.error.map((line) => `${path}: ${line}`))
  }
  return err(embeddedError('embedded/does-not-start', 'no OCI runtime starts a container here', words))
}

/** The programs around a runtime, all of them or the one that is missing. */
export function findTools(searchPath: string): Result<Tools, EnvironmentError> {
  const found = { setpriv: '', unshare: '', mount: '', sh: '' }
  for (const name of ['setpriv', 'unshare', 'mount', 'sh'] as const) {
    const path = findExecutable(name, searchPath)
    if (path === null) return err(embeddedError('embedded/no-tool', `"${name}" is not on PATH`))
    found[name] = path
  }
  return ok(found)
}

/** Absolute paths of the runtimes that may be tried, best first. */
export function runtimePaths({ runtime, searchPath }: Pick<HostSearch, 'runtime' | 'searchPath'>): readonly string[] {
  return (runtime === null ? KNOWN_RUNTIMES : [runtime]).flatMap((name) => findExecutable(name, searchPath) ?? [])
}

export function noRuntime(runtime: string | null): EnvironmentError {
  const what = runtime === null ? 'neither crun nor runc is on PATH' : `the OCI runtime "${runtime}" is not there, or is not executable`
  return embeddedError('embedded/no-runtime', what)
}

async function tryRuntime(
  search: HostSearch,
  path: string,
  { tools, signal }: { readonly tools: Tools; readonly signal: AbortSignal },
): Promise<Result<Host, readonly string[]>> {
  const runtime = await askVersion(path, search.directory)
  if (!runtime.ok) return err([runtime.error])
  let first: readonly string[] | null = null
  for (const host of candidates(search, runtime.value)) {
    const directory = join(runDirectory(search.directory, search.run), `probe-${process.pid}`)
    const answer = await probeContainer(
      directory,
      { host, tools, place: search.place, unified: search.unified },
      { run: search.run, breath: search.breath(), signal },
    )
    if (answer.kind === 'works') return ok(host)
    if (answer.kind === 'hung') return err(['a container did not end within 10 seconds'])
    if (signal.aborted) return err(['the search was stopped'])
    // The best of them tells the most about what is missing.
    first ??= answer.words
  }
  return err(first ?? [])
}

/** All that a container may have on this machine, most first; the user namespace matters more than the init. */
function candidates(search: HostSearch, runtime: Runtime): readonly Host[] {
  const inits = [findInit(search.searchPath), null].filter((init, index, all) => all.indexOf(init) === index)
  return idMaps(search).flatMap((ids) =>
    (['disk', 'tmpfs', 'none'] as const).flatMap((upper) =>
      [true, false].flatMap((cgroupNamespace) => inits.map((init) => ({ runtime, ids, upper, cgroupNamespace, init }))),
    ),
  )
}

function idMaps(search: HostSearch): readonly IdMap[] {
  if (search.uid === 0) return ['root']
  return hasSubordinateIds(search) ? ['subordinate', 'single'] : ['single']
}
