import { type Digest, type EnvironmentError, environmentError, err, linuxPlatform, ok, type Platform, type Result } from '@orchestrate/core'
import {
  type Builder,
  type BuilderControl,
  type BuilderExit,
  type Engine,
  type EngineImage,
  EngineStreamError,
  neverStarted,
  type RootFilesystem,
  type RunIdentity,
} from '@orchestrate/execute'
import { unknownUser } from './contract/contract-users.ts'
import { createGate, type Gate, type GateKeeper } from './gate.ts'
import { isAlive } from './process-identity.ts'
import { aborted, Killed, type ScriptedEnd, scriptedIo, type ScriptedProgram, streamOutputs, watchForDeath } from './scripted-process.ts'
import { cacheName, createScriptedWorld, type ScriptedFiles, type ScriptedWorld } from './scripted-world.ts'

export type Misbehaviour =
  /** The engine is lost while the builder runs: `engine/lost`. */
  | 'lost'
  /** The outputs end in the middle with an EngineStreamError. */
  | 'outputs-cut'
  /** The kernel killed a process for want of memory; the exit code stays the program's. */
  | 'out-of-memory'

export interface ScriptedEngineOptions {
  /** By builder id, or by the words of argv with blanks between; the first that fits. */
  readonly programs?: Readonly<Record<string, ScriptedProgram>>
  /** For every other builder; the default writes nothing and exits 0. */
  readonly fallback?: ScriptedProgram
  readonly images?: readonly EngineImage[]
  readonly platform?: Platform
  /** Makes `probe` fail with it. */
  readonly unavailable?: EnvironmentError
}

/** An Engine inside the test's process, steered by the test. */
export interface ScriptedEngine extends Engine {
  /** Builders in the order in which they were started. */
  readonly starts: readonly Builder[]
  /** Root file systems in the order in which they were prepared. */
  readonly prepared: readonly RootFilesystem[]
  /** How many builders ran at once at most. */
  readonly peak: number
  /** Sets or replaces the program of a builder id or argv. */
  program(key: string, program: ScriptedProgram): void
  /** Holds the builder with this id (or argv) after its start, before its program runs; asked to stop there, it ends with 143. */
  hold(key: string): Gate
  misbehave(key: string, misbehaviour: Misbehaviour): void
  /** Resolves once `count` builders have been started in all. */
  started(count: number): Promise<void>
  /** Marks a cache as filled by an earlier build. */
  fillCache(name: Builder['caches'][number]['key']): void
  /** Leaves something behind in the name of a run, as a killed process would. */
  leave(name: string, run: RunIdentity): void
  /** Names of what is left of all runs. */
  readonly leftovers: readonly string[]
  /** Names of what is left of one run. */
  leftoversOf(runId: string): readonly string[]
}

/** Makes an engine whose builders are functions of the test; see `ScriptedProgram`. */
export function scriptedEngine(options: ScriptedEngineOptions = {}): ScriptedEngine {
  return new InProcessEngine(options)
}

class InProcessEngine implements ScriptedEngine {
  readonly name = 'scripted'
  readonly starts: Builder[] = []
  readonly prepared: RootFilesystem[] = []
  peak = 0
  private running = 0
  private readonly programs: Map<string, ScriptedProgram>
  private readonly gates = new Map<string, GateKeeper>()
  private readonly faults = new Map<string, Misbehaviour>()
  private readonly caches = new Map<string, ScriptedFiles>()
  private readonly left = new Map<string, RunIdentity>()
  private readonly own = new Set<string>()
  private waiting: { readonly count: number; readonly resolve: () => void }[] = []
  private readonly options: ScriptedEngineOptions

  constructor(options: ScriptedEngineOptions) {
    this.options = options
    this.programs = new Map(Object.entries(options.programs ?? {}))
  }

  get leftovers(): readonly string[] {
    return [...this.left.keys()]
  }

  leftoversOf(runId: string): readonly string[] {
    return [...this.left].filter(([, run]) => run.runId === runId).map(([name]) => name)
  }

  program(key: string, program: ScriptedProgram): void {
    this.programs.set(key, program)
  }

  hold(key: string): Gate {
    const gate = createGate()
    this.gates.set(key, gate)
    return gate
  }

  misbehave(key: string, misbehaviour: Misbehaviour): void {
    this.faults.set(key, misbehaviour)
  }

  started(count: number): Promise<void> {
    if (this.starts.length >= count) return Promise.resolve()
    return new Promise((resolve) => this.waiting.push({ count, resolve }))
  }

  fillCache(key: Builder['caches'][number]['key']): void {
    this.caches.set(cacheName(key), new Map())
  }

  leave(name: string, run: RunIdentity): void {
    this.left.set(name, run)
  }

  async probe(): ReturnType<Engine['probe']> {
    if (this.options.unavailable !== undefined) return err(this.options.unavailable)
    return ok({ version: '1', platform: this.options.platform ?? linuxPlatform('x64'), summary: 'scripted engine', unenforced: [] })
  }

  async examine(): ReturnType<Engine['examine']> {
    return [{ subject: 'container start', state: 'works', message: 'scripted engine', help: null }]
  }

  async findImage(reference: string): ReturnType<Engine['findImage']> {
    return ok(this.options.images?.find((image) => image.reference === reference) ?? null)
  }

  // oxlint-disable-next-line require-yield
  async *exportLayers(image: EngineImage): AsyncGenerator<{ readonly diffId: Digest; readonly content: AsyncIterable<Uint8Array> }> {
    throw new EngineStreamError(`the scripted engine has no layers of "${image.reference}"`)
  }

  async prepare(root: RootFilesystem): Promise<Result<void, EnvironmentError>> {
    this.prepared.push(root)
    return ok(undefined)
  }

  async hasCache(key: Builder['caches'][number]['key']): Promise<Result<boolean, EnvironmentError>> {
    return ok(this.caches.has(cacheName(key)))
  }

  async run(builder: Builder, control: BuilderControl): Promise<Result<BuilderExit, EnvironmentError>> {
    if (control.stop.aborted || control.kill.aborted) return ok(neverStarted())
    const stranger = unknownUser(builder.user)
    if (stranger !== null) return ok({ ...neverStarted(), code: 126, stopped: false, startError: noUser(stranger), unknownUser: stranger })
    this.begin(builder)
    try {
      return await this.finish(builder, control)
    } finally {
      this.running -= 1
    }
  }

  async sweep(): Promise<Result<readonly string[], EnvironmentError>> {
    const dead = [...this.left].filter(([, run]) => !isAlive(run)).map(([name]) => name)
    for (const name of dead) this.left.delete(name)
    return ok(dead)
  }

  async close(): Promise<void> {
    for (const name of this.own) this.left.delete(name)
  }

  private begin(builder: Builder): void {
    this.starts.push(builder)
    this.left.set(builder.id, builder.run)
    this.own.add(builder.id)
    for (const { key } of builder.caches) if (!this.caches.has(cacheName(key))) this.caches.set(cacheName(key), new Map())
    this.running += 1
    this.peak = Math.max(this.peak, this.running)
    this.waiting = this.waiting.filter(({ count, resolve }) => {
      if (this.starts.length >= count) resolve()
      return this.starts.length < count
    })
  }

  private async finish(builder: Builder, control: BuilderControl): Promise<Result<BuilderExit, EnvironmentError>> {
    const world = createScriptedWorld(builder, this.caches)
    const death = watchForDeath(builder, control)
    try {
      const code = await Promise.race([this.perform(builder, control, world, death.killed), death.killed])
      const fault = lookUp(this.faults, builder)
      if (fault === 'lost') return err(lost(builder))
      return ok(this.exit(builder, code, control, world, fault))
    } catch (error) {
      if (!(error instanceof Killed)) throw error
      return ok(this.exit(builder, 137, control, world, undefined))
    } finally {
      death.release()
    }
  }

  private async perform(builder: Builder, control: BuilderControl, world: ScriptedWorld, ended: Promise<never>): Promise<ScriptedEnd> {
    const gate = lookUp(this.gates, builder)
    if (gate !== undefined && (await Promise.race([gate.pass(), aborted(control.stop)])) === 'stopped') return 143
    const program = lookUp(this.programs, builder) ?? this.options.fallback ?? (() => 0)
    return await program(builder, scriptedIo(control, world, ended))
  }

  private exit(
    builder: Builder,
    end: ScriptedEnd,
    control: BuilderControl,
    world: ScriptedWorld,
    fault: Misbehaviour | undefined,
  ): BuilderExit {
    const dispose = (): void => void this.left.delete(builder.id)
    return {
      code: typeof end === 'number' ? end : (end?.code ?? 127),
      outOfMemory: fault === 'out-of-memory',
      stopped: control.stop.aborted || control.kill.aborted,
      startError:
        end === null ? `exec: "${builder.argv[0]}": executable file not found in $PATH` : typeof end === 'number' ? null : end.startError,
      unknownUser: null,
      outputs: () => streamOutputs(world.outputs(), fault === 'outputs-cut'),
      async [Symbol.asyncDispose]() {
        dispose()
      },
    }
  }
}

function lookUp<T>(table: ReadonlyMap<string, T>, builder: Builder): T | undefined {
  return table.get(builder.id) ?? table.get(builder.argv.join(' '))
}

/** The scripted root file system has the users and groups of the contract's. */
const noUser = (name: string): string => `unable to find ${name}: no such user or group in the toolchain`

function lost(builder: Builder): EnvironmentError {
  return environmentError({
    id: 'engine/lost',
    message: `the engine was lost while builder "${builder.id}" ran`,
    help: 'start the engine again and repeat the command',
  })
}
