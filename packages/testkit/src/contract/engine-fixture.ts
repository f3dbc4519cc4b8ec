import { randomBytes } from 'node:crypto'
import type { ArchiveEntry } from '@orchestrate/core'
import type { Builder, BuilderExit, Engine, RootFilesystem, RunIdentity } from '@orchestrate/execute'
import type { ContractStep } from './contract-steps.ts'
import { identifyProcess } from '../process-identity.ts'

/** What the contract suite needs of an engine under test; made anew for every test. */
export interface EngineFixture extends AsyncDisposable {
  readonly engine: Engine
  /** The run that the engine was made for: what `close` removes. */
  readonly run: RunIdentity
  /** Has a shell, `env` and the usual tools in /bin, which is its PATH, and /etc/passwd with mode 0644. */
  readonly root: RootFilesystem
  /** A directory of this test's own, on this machine and visible to the engine. */
  readonly directory: string
  /** The argv that does `steps` in this engine. */
  command(steps: readonly ContractStep[]): readonly string[]
  /** Names of everything that the engine holds of a run, caches and root file systems aside, sorted. */
  leftovers(runId: string): Promise<readonly string[]>
  readonly facts: EngineFacts
}

/** What an engine is able to do on this machine, where engines rightly differ. It is no excuse: expectations follow it both ways. */
export interface EngineFacts {
  /** `many`: builders have every uid; `one`: only that which they run as, so that they can give files to nobody else. */
  readonly uids: 'many' | 'one'
  /** Whether `limits.pids` holds; where it does not, the engine's `unenforced` says so. */
  readonly limitsPids: boolean
  /** True where other runs of this machine may sweep the same engine meanwhile. */
  readonly isShared: boolean
  /** Resident bytes of the process that the engine lives in, now; 0 where that is not asked for. */
  readonly residentBytes: () => number
}

/** Gives a fresh fixture to every test. */
export type OpenFixture = () => Promise<EngineFixture>

/** A builder that does nothing in particular; `fields` change it. */
export function contractBuilder(
  fixture: EngineFixture,
  fields: Partial<Builder> & { readonly steps?: readonly ContractStep[] } = {},
): Builder {
  const { steps, ...rest } = fields
  return {
    id: 'contract:build',
    run: identifyProcess(`contract-${randomBytes(4).toString('hex')}`),
    root: fixture.root,
    argv: fixture.command(steps ?? []),
    env: new Map([
      ['PATH', '/bin'],
      ['HOME', '/root'],
    ]),
    workdir: '/',
    user: null,
    hostname: 'builder',
    mounts: [],
    caches: [],
    network: 'off',
    certificates: null,
    limits: { pids: 1024, memory: null, cpus: null },
    graceMs: 10_000,
    ...rest,
  }
}

/** What a builder wrote and how it ended. */
export interface Observed {
  readonly exit: BuilderExit
  readonly stdout: string
  readonly stderr: string
}

export interface ObserveOptions {
  readonly stop?: AbortSignal
  readonly kill?: AbortSignal
  /** Called once, with the first output. */
  readonly onOutput?: () => void
}

/** Runs a builder to its end; fails the test when the engine reports an error of the environment. */
export async function observe(fixture: EngineFixture, builder: Builder, options: ObserveOptions = {}): Promise<Observed> {
  const never = new AbortController().signal
  const prepared = await fixture.engine.prepare(builder.root, never)
  if (!prepared.ok) throw new Error(prepared.error.message)
  const stdout: Uint8Array[] = []
  const stderr: Uint8Array[] = []
  let heard = false
  const hear = (chunks: Uint8Array[], chunk: Uint8Array): void => {
    chunks.push(Uint8Array.from(chunk))
    if (!heard) options.onOutput?.()
    heard = true
  }
  const result = await fixture.engine.run(builder, {
    stdout: (chunk) => hear(stdout, chunk),
    stderr: (chunk) => hear(stderr, chunk),
    stop: options.stop ?? never,
    kill: options.kill ?? never,
  })
  if (!result.ok) throw new Error([result.error.message, ...result.error.details].join('\n'))
  return { exit: result.value, stdout: Buffer.concat(stdout).toString('utf8'), stderr: Buffer.concat(stderr).toString('utf8') }
}

/** The same, with the exit disposed at once: for builders whose outputs do not matter. */
export async function outcomeOf(
  fixture: EngineFixture,
  builder: Builder,
  options: ObserveOptions = {},
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  const { exit, stdout, stderr } = await observe(fixture, builder, options)
  await exit[Symbol.asyncDispose]()
  return { code: exit.code, stdout, stderr }
}

/**
 * What an exit left under /out, one line an entry, sorted: `file 755 bin/app "text"`. A hard link is shown as the file that it
 * is another name of, because an engine may as well give it as one.
 */
export async function describeOutputs(exit: BuilderExit): Promise<readonly string[]> {
  const files = new Map<string, string>()
  const lines: string[] = []
  for await (const entry of exit.outputs(new AbortController().signal)) {
    const shown = entry.type === 'hardlink' ? files.get(entry.linkName) : await describeEntry(entry)
    if (shown === undefined) throw new Error(`the hard link "${entry.path}" names no earlier file: "${entry.linkName}"`)
    if (entry.type === 'file') files.set(entry.path, shown)
    lines.push(shown.replace(PATH, () => entry.path))
  }
  return lines.toSorted()
}

/** Stands for the path, which may hold anything but this. */
const PATH = '\0'

async function describeEntry(entry: ArchiveEntry): Promise<string> {
  if (entry.type === 'symlink') return `symlink ${PATH} -> ${entry.linkName}`
  const head = `${entry.type} ${(entry.mode & 0o777).toString(8)} ${PATH}`
  if (entry.type !== 'file') return entry.type === 'other' ? `other ${PATH}` : head
  const chunks: Uint8Array[] = []
  for await (const chunk of entry.content) chunks.push(chunk)
  return `${head} ${JSON.stringify(Buffer.concat(chunks).toString('utf8'))}`
}
