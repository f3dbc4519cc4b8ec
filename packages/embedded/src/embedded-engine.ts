import type { CgroupPlace } from './cgroup-place.ts'
import { type EnvironmentError, err, linuxPlatform, ok, type Result } from '@orchestrate/core'
import type { Engine, EngineDescription, ImageRunner } from '@orchestrate/execute'
import { DiskError } from '@orchestrate/store'
import { makesCgroup } from './describe-container.ts'
import { embeddedError } from './embedded-error.ts'
import type { EmbeddedEngineOptions } from './engine-options.ts'
import { examineMachine } from './examine-machine.ts'
import type { FoundHost } from './host-search.ts'
import { runBuilder } from './run-builder.ts'
import { createImageRunner } from './run-image.ts'
import { runImageContainer } from './run-image-container.ts'
import { createSession, type EmbeddedSession } from './session.ts'
import { removeOwn, sweepDeadRuns } from './sweep.ts'

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
        const runs = await sweepDeadRuns(session.search)
        return ok([...runs, ...(await roots.sweep())])
      }),
    examine: (signal) => examineMachine(session, signal),
    close: async () => void (await attempt(options, async () => ok(await removeOwn(session.search)))),
  }
}

const ID_WORDS = { root: 'as root', subordinate: 'no root', single: 'no root, one uid' } as const

function describe({ search }: EmbeddedSession, { host }: FoundHost): EngineDescription {
  const { kind, version, path } = host.runtime
  const readOnly = 'writable root: no overlay can be mounted, so builders write to /tmp, /var/tmp, /root, /run and /out only'
  const uncounted = `memory: the cgroup is ${kind === 'other' ? 'the runtime' : kind}'s own, so a kill that the command survives goes unnoticed`
  return {
    version,
    platform: linuxPlatform(process.arch),
    summary: `${kind === 'other' ? 'OCI runtime' : kind} ${version} (${path}), ${ID_WORDS[host.ids]}`,
    unenforced: [
      ...unenforcedLimits(search.place),
      ...(makesCgroup(host) && search.place.memory !== null ? [uncounted] : []),
      ...(host.upper === 'none' ? [readOnly] : []),
    ],
  }
}

function unenforcedLimits({ pids, memory, cpu, reason }: CgroupPlace): readonly string[] {
  const words = reason ?? 'no cgroup of that kind is ours'
  return Object.entries({ pids, memory, cpus: cpu }).flatMap(([name, directory]) => (directory === null ? [`${name}: ${words}`] : []))
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
