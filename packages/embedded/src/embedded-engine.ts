import { type Clock, type EnvironmentError, err, linuxPlatform, ok, type Result } from '@orchestrate/core'
import type { Engine, EngineDescription, ImageRunner, RunIdentity } from '@orchestrate/execute'
import { DiskError } from '@orchestrate/store'
import { embeddedError } from './embedded-error.ts'
import { examineMachine } from './examine-machine.ts'
import type { FoundHost } from './find-host.ts'
import { runBuilder } from './run-builder.ts'
import { createImageRunner } from './run-image.ts'
import { runImageContainer } from './run-image-container.ts'
import { createSession, type EmbeddedSession } from './session.ts'
import { removeOwn, sweepDeadRuns } from './sweep.ts'

export interface EmbeddedEngineOptions {
  /** Path or name of an OCI runtime; null takes crun, else runc, whichever starts a container. */
  readonly runtime: string | null
  /** Absolute; root file systems, caches and the directories of running builders are kept below it, mode 0700. */
  readonly directory: string
  readonly run: RunIdentity
  /** The host's environment: PATH finds the runtime and its helpers; proxy and certificate variables are not read here. */
  readonly env: ReadonlyMap<string, string>
  /** Of this process. */
  readonly uid: number
  readonly gid: number
  readonly clock: Clock
  /** One live line for a long step, such as unpacking a toolchain. */
  readonly progress: (message: string) => void
}

/** An Engine on an OCI runtime, without a daemon and without root. It starts nothing before it is asked something. */
export function createEmbeddedEngine(options: EmbeddedEngineOptions): Engine & { readonly runner: ImageRunner } {
  const session = createSession(options)
  const { roots, caches } = session
  return {
    name: 'embedded',
    runner: createImageRunner({
      roots,
      runContainer: (container, control) => attempt(options, () => runImageContainer(session, container, control)),
    }),
    probe: async (signal) => {
      const found = await session.host(signal)
      return found.ok ? ok(describe(session, found.value)) : found
    },
    findImage: () => Promise.resolve(ok(null)),
    exportLayers: () => {
      throw new Error('the embedded engine has no images')
    },
    prepare: async (root, signal) => {
      const ready = await roots.ensure(root, [], signal)
      return ready.ok ? ok(undefined) : ready
    },
    hasCache: (key) => Promise.resolve(ok(caches.isFilled(key))),
    run: (builder, control) => attempt(options, () => runBuilder(session, builder, control)),
    sweep: () =>
      attempt(options, async () => {
        const runs = await sweepDeadRuns(session)
        return ok([...runs, ...(await roots.sweep())])
      }),
    examine: (signal) => examineMachine(session, signal),
    close: async () => void (await attempt(options, async () => ok(await removeOwn(session)))),
  }
}

const ID_WORDS = { root: 'as root', subordinate: 'no root', single: 'no root, one uid' } as const

function describe({ search }: EmbeddedSession, { host }: FoundHost): EngineDescription {
  const { kind, version, path } = host.runtime
  const readOnly = 'writable root: no overlay can be mounted, so builders write to /tmp, /var/tmp, /root, /run and /out only'
  return {
    version,
    platform: linuxPlatform(process.arch),
    summary: `${kind === 'other' ? 'OCI runtime' : kind} ${version} (${path}), ${ID_WORDS[host.ids]}`,
    unenforced: [...(search.place.reason === null ? [] : [`pids: ${search.place.reason}`]), ...(host.upper === 'none' ? [readOnly] : [])],
  }
}

/** What the file system refuses to the engine's own files is a bad state of the surroundings; anything else is a bug. */
async function attempt<T>(
  { directory }: EmbeddedEngineOptions,
  work: () => Promise<Result<T, EnvironmentError>>,
): Promise<Result<T, EnvironmentError>> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof DiskError) && !(error instanceof Error && 'code' in error && 'syscall' in error)) throw error
    return err(embeddedError('embedded/state', `the engine cannot use its directory "${directory}"`, [error.message]))
  }
}
