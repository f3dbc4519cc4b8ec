import type { EnvironmentError, Result } from '@orchestrate/core'
import { type Breath, createBreath } from '@orchestrate/store'
import { type Caches, openCaches } from './caches.ts'
import { findCgroupPlace, findUnified } from './cgroup-place.ts'
import { thisMachine } from './cgroup.ts'
import { runDirectory } from './container-directory.ts'
import type { EmbeddedEngineOptions } from './engine-options.ts'
import { findExecutable } from './find-executable.ts'
import { findHost } from './find-host.ts'
import type { FoundHost, HostSearch } from './host-search.ts'
import { forgetHost } from './remembered-host.ts'
import { openRoots } from './roots/open-roots.ts'
import type { Roots } from './roots/roots.ts'

/** What the parts of one engine share for the time of a run. */
export interface EmbeddedSession {
  readonly options: EmbeddedEngineOptions
  readonly search: HostSearch
  readonly roots: Roots
  readonly caches: Caches
  /** How containers are started here, found once. */
  host(signal: AbortSignal): Promise<Result<FoundHost, EnvironmentError>>
  /** Looks again: a container did not start as it was remembered. */
  searchAgain(signal: AbortSignal): Promise<Result<FoundHost, EnvironmentError>>
  /** Directory of a run's containers, absolute. */
  directoryOf(run: EmbeddedEngineOptions['run']): string
  breath(): Breath
}

export function createSession(options: EmbeddedEngineOptions): EmbeddedSession {
  const { directory, clock, uid, run, runtime } = options
  const searchPath = options.env.get('PATH') ?? ''
  const search: HostSearch = {
    runtime,
    directory,
    run,
    searchPath,
    uid,
    place: findCgroupPlace(thisMachine),
    unified: findUnified(thisMachine),
    breath: () => createBreath(clock),
  }
  let found: Promise<Result<FoundHost, EnvironmentError>> | null = null
  const look = (fresh: boolean, signal: AbortSignal): Promise<Result<FoundHost, EnvironmentError>> => {
    const looking = forgetFailure(findHost(search, { fresh, signal }))
    found = looking
    return looking
  }
  const forgetFailure = async (looking: ReturnType<typeof findHost>): ReturnType<typeof findHost> => {
    const result = await looking
    if (!result.ok) found = null
    return result
  }
  return {
    options,
    search,
    roots: openRoots({ directory, clock, uid, find: findExecutable('find', searchPath), progress: options.progress }),
    caches: openCaches(directory),
    host: (signal) => found ?? look(false, signal),
    searchAgain: async (signal) => {
      const known = await (found ?? null)
      if (known?.ok === true) forgetHost(search, known.value.host)
      return look(true, signal)
    },
    directoryOf: (owner) => runDirectory(directory, owner),
    breath: search.breath,
  }
}
