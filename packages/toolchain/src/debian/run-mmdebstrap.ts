import type { DebianSource } from '@orchestrate/config'
import { type Clock, type EnvironmentError, err, ok, type Result } from '@orchestrate/core'
import type { Store, StoredBlob } from '@orchestrate/store'
import type { ProcessExit, ProcessRunner } from '../process-runner.ts'
import { type BootstrapProblem, createBootstrapLog } from './bootstrap-log.ts'
import { createBootstrapProgress } from './bootstrap-progress.ts'
import { foreignLeftovers, removeForeignFiles } from './foreign-files.ts'
import { isolate } from './isolate.ts'
import { FINISH_SCRIPT, INSTALL_SCRIPT, SETUP_SCRIPT } from './scripts.ts'

export interface BootstrapDeps {
  readonly store: Store
  readonly processes: ProcessRunner
  /** The host's environment: PATH and proxy variables are passed on, nothing else. */
  readonly env: ReadonlyMap<string, string>
  /** True when this process is uid 0. */
  readonly superuser: boolean
  readonly clock: Clock
}

export interface BootstrapOptions {
  readonly progress: (message: string) => void
  readonly signal: AbortSignal
}

export interface Bootstrap {
  /** For progress lines. */
  readonly what: string
  readonly source: DebianSource
  /** Exact versions to install, or null for the newest. */
  readonly locked: ReadonlyMap<string, string> | null
  /** The tar that packages are installed into; null to make that base itself. */
  readonly base: string | null
}

export interface Bootstrapped {
  /** The uncompressed tar. */
  readonly layer: StoredBlob
  /** Every package with its version, sorted. */
  readonly versions: ReadonlyMap<string, string>
}

export type BootstrapFault =
  | { readonly kind: 'problem'; readonly problem: BootstrapProblem }
  | { readonly kind: 'store'; readonly error: EnvironmentError }
  | { readonly kind: 'cancelled' }

/** 1980-01-02: mtimes beyond are set to it. */
const SOURCE_DATE_EPOCH = '315619200'

/** Runs mmdebstrap once and stores the tar that it writes. The same packages give the same bytes. */
export async function runMmdebstrap(
  bootstrap: Bootstrap,
  deps: BootstrapDeps,
  options: BootstrapOptions,
): Promise<Result<Bootstrapped, BootstrapFault>> {
  const scratch = await deps.store.scratch()
  if (!scratch.ok) return err({ kind: 'store', error: scratch.error })
  await using directory = scratch.value
  if (!deps.superuser) await removeForeignFiles(foreignLeftovers(deps.store.root), deps)
  const log = createBootstrapLog()
  const report = createBootstrapProgress(bootstrap.what, deps.clock, options.progress)
  const launch = isolate(mmdebstrapArguments(bootstrap), directory.path, deps.superuser)
  const running = deps.processes.run({
    argv: launch.argv,
    env: mmdebstrapEnvironment(bootstrap, deps, launch.temporary),
    input: bootstrap.base,
    stop: 'kill',
    onLine: (line) => {
      log.push(line)
      report(line)
    },
    signal: options.signal,
  })
  const failed: { exit: ProcessExit | null } = { exit: null }
  const stored = await storeOutput(deps.store, running, failed)
  // A store that fails stops reading: the process ends by its broken pipe, and only then may its directory go.
  const exit = await running.exit
  if (!deps.superuser && !isSuccess(exit)) await removeForeignFiles([launch.temporary, `${launch.temporary}.upper`], deps)
  if (options.signal.aborted) return err({ kind: 'cancelled' })
  if (failed.exit !== null) return err({ kind: 'problem', problem: problemOf(failed.exit, log.problem()) })
  if (!stored.ok) return err({ kind: 'store', error: stored.error })
  return ok({ layer: stored.value, versions: log.versions() })
}

/** Ends the blob's content with an exception unless the process succeeded, so that half a tar is never stored. */
class BootstrapFailed extends Error {
  override readonly name = 'BootstrapFailed'
}

async function storeOutput(
  store: Store,
  running: ReturnType<ProcessRunner['run']>,
  failed: { exit: ProcessExit | null },
): Promise<Result<StoredBlob, EnvironmentError>> {
  const content = async function* (): AsyncGenerator<Uint8Array> {
    yield* running.stdout
    const exit = await running.exit
    if (isSuccess(exit)) return
    failed.exit = exit
    throw new BootstrapFailed('the bootstrap failed')
  }
  try {
    return await store.blobs.put(content())
  } catch (error) {
    if (!(error instanceof BootstrapFailed)) throw error
    return err({ kind: 'environment', id: 'toolchain/bootstrap-failed', message: error.message, details: [], help: null })
  }
}

const isSuccess = (exit: ProcessExit): boolean => exit.kind === 'exited' && exit.code === 0

function problemOf(exit: ProcessExit, said: BootstrapProblem): BootstrapProblem {
  if (exit.kind === 'not-started') return { kind: 'tool-missing', tool: exit.command }
  if (exit.kind === 'signalled' && said.kind === 'other')
    return { kind: 'other', lines: [...said.lines, `mmdebstrap was ended by ${exit.signal}`] }
  return said
}

/** @see https://manpages.debian.org/bookworm/mmdebstrap/mmdebstrap.1.en.html */
function mmdebstrapArguments({ source, base }: Bootstrap): readonly string[] {
  const checked = source.snapshot === null ? [] : ['--aptopt=Acquire::Check-Valid-Until "false"']
  const hooks = [SETUP_SCRIPT, ...(base === null ? [] : [INSTALL_SCRIPT]), FINISH_SCRIPT]
  const mirror = source.mirror ?? (source.snapshot === null ? null : `http://snapshot.debian.org/archive/debian/${source.snapshot}/`)
  return [
    '--verbose',
    '--format=tar',
    `--variant=${base === null ? 'essential' : 'custom'}`,
    // The set-up script has read the lists. No device nodes. The finishing script cleans more than mmdebstrap would.
    '--skip=update,output/dev,cleanup/run,cleanup/apt,cleanup/mmdebstrap',
    '--aptopt=APT::Sandbox::User "root"',
    '--aptopt=Acquire::Languages "none"',
    '--aptopt=Acquire::Retries "2"',
    ...checked,
    '--dpkgopt=force-unsafe-io',
    ...hooks.map((script, index) => (index === 0 ? `--setup-hook=${script}` : `--customize-hook=${script}`)),
    source.suite,
    '-',
    ...(mirror === null ? [] : [mirror]),
  ]
}

const PASSED_ON = ['PATH', 'http_proxy', 'https_proxy', 'ftp_proxy', 'no_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY']

function mmdebstrapEnvironment(bootstrap: Bootstrap, deps: BootstrapDeps, temporary: string): ReadonlyMap<string, string> {
  const locked = [...(bootstrap.locked ?? [])].map(([name, version]) => `${name}=${version}`)
  return new Map([
    ...PASSED_ON.flatMap((name): [string, string][] => {
      const value = deps.env.get(name)
      return value === undefined ? [] : [[name, value]]
    }),
    ['TMPDIR', temporary],
    ['LC_ALL', 'C.UTF-8'],
    ['SOURCE_DATE_EPOCH', SOURCE_DATE_EPOCH],
    ['ORCHESTRATE_STAGE', bootstrap.base === null ? 'base' : 'packages'],
    ['ORCHESTRATE_PACKAGES', bootstrap.source.packages.join(' ')],
    ['ORCHESTRATE_LOCKED', locked.join(' ')],
  ])
}
