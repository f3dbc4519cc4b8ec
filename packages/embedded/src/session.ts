import type { EnvironmentError, Result } from '@orchestrate/core'
import { type Breath, createBreath } from '@orchestrate/store'
import { type Caches, openCaches } from './caches.ts'
import { findCgroupPlace, findUnified } from './cgroup-place.ts'
import { thisMachine } from './cgroup.ts'
import { runDirectory } from './container-directory.ts'
import type { EmbeddedEngineOptions } from './embedded-engine.ts'
import { findHost, type FoundHost, type HostSearch } from './find-host.ts'
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
  const search: HostSearch = {
    runtime,
    directory,
    run,
    searchPath: options.env.get('PATH') ?? '',
    uid,
    place: findCgroupPlace(thisMachine),
    unified: findUnified(thisMachine),
  }
  let found: Promise<Result<FoundHost, EnvironmentError>> | null = null
  const look = (fresh: boolean, signal: AbortSignal): Promise<Result<FoundHost, EnvironmentError>> => {
    const looking = findHost(search, { fresh, signal })
    found = looking
    // A failure may be tried again.
    void looking.then((result) => {
      if (!result.ok && found === looking) found = null
    })
    return looking
  }
  return {
    options,
    search,
    roots: openRoots({ directory, clock, uid, progress: options.progress }),
    caches: openCaches(directory),
    host: (signal) => found ?? look(false, signal),
    searchAgain: async (signal) => {
      const known = await (found ?? null)
      if (known?.ok === true) forgetHost(search, known.value.host)
      return look(true, signal)
    },
    directoryOf: (owner) => runDirectory(directory, owner),
    breath: () => createBreath(clock),
  }
}
