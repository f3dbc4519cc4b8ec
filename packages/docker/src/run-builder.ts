import type { Readable } from 'node:stream'
import type { ArchiveEntry } from '@orchestrate/core'
import {
  type Builder,
  type BuilderControl,
  type BuilderExit,
  EngineStreamError,
  findOutputs,
  type FoundOutput,
  neverStarted,
  readFoundOutputs,
} from '@orchestrate/execute'
import { followProcess, StartRefused } from './builder-process.ts'
import { describeContainer } from './describe-container.ts'
import { ApiError } from './docker-api.ts'
import { attempt, EngineTrouble, engineError } from './engine-errors.ts'
import { fillVolumes } from './fill-volumes.ts'
import { orNull } from './image-calls.ts'
import { listAt, numberAt, optionalTextAt, textAt, valueAt } from './json-value.ts'
import { layOutMounts, type MountLayout } from './lay-out-mounts.ts'
import { containerName } from './names.ts'
import { prepareRoot } from './prepare-root.ts'
import { readArchive } from './read-outputs.ts'
import { removeContainer, removeVolume } from './remove.ts'
import type { DockerSession } from './session.ts'
import { findStartError } from './start-error.ts'

/** Milliseconds; an engine under load takes its time to make a container. */
const CREATE_DEADLINE = 60_000

/** Runs one builder in a container of its own. Whatever was made for it goes with the exit, or at once when it throws. */
export async function runBuilder(session: DockerSession, builder: Builder, control: BuilderControl): Promise<BuilderExit> {
  if (control.stop.aborted || control.kill.aborted) return neverStarted()
  const image = await prepareRoot(session, builder.root, control.kill)
  session.unsettled.add(containerName(builder))
  session.reaper.start()
  const made = new MadeThings(session, builder)
  try {
    return await runOnce(session, builder, { control, image, made })
  } catch (error) {
    if (control.kill.aborted && isAbort(error)) return neverStarted(() => made.remove())
    await made.remove()
    if (!(error instanceof OverlayRefused)) throw error
    session.overlay = false
    return await runBuilder(session, builder, control)
  }
}

/** The engine's file system takes no overlay over the store's: views must be copied. */
class OverlayRefused extends Error {}

/** What stands in the engine for one builder. */
class MadeThings {
  private readonly session: DockerSession
  private readonly builder: Builder
  private removal: Promise<void> | null = null
  volumes: readonly string[] = []
  /** What is still being made. It is never cut off: it would appear after its removal. */
  making: Promise<unknown> = Promise.resolve()

  constructor(session: DockerSession, builder: Builder) {
    this.session = session
    this.builder = builder
  }

  /** By name, so that a container goes too whose create call was never answered. */
  remove(): Promise<void> {
    this.removal ??= this.removeAll()
    return this.removal
  }

  /** What an engine does not let go now is left to close() and to the next sweep: it must not hide how the builder ended. */
  private async removeAll(): Promise<void> {
    const { api } = this.session
    const container = containerName(this.builder)
    const [made] = await Promise.allSettled([this.making])
    const removed = await attempt(api.host, `removing builder "${this.builder.id}"`, async () => {
      await removeContainer(this.session, container)
      await Promise.all(this.volumes.map((volume) => removeVolume(this.session, volume)))
    })
    // Of one that was made halfway, not everything need be known.
    if (made.status === 'fulfilled' && removed.ok) this.session.unsettled.delete(container)
  }
}

interface Attempt {
  readonly control: BuilderControl
  readonly image: string
  readonly made: MadeThings
}

async function runOnce(session: DockerSession, builder: Builder, { control, image, made }: Attempt): Promise<BuilderExit> {
  const making = makeContainer(session, builder, { control, image, made })
  made.making = making
  const { container, layout } = await unlessAborted(making, control.kill)
  if (control.stop.aborted) return neverStarted(() => made.remove())
  try {
    const { id, graceMs } = builder
    const onStarted = (): Promise<void> => Promise.resolve()
    const end = await followProcess(session, container, { title: `builder "${id}"`, graceMs, onStarted }, control)
    return await describeExit(session, builder, { container, made, ...end })
  } catch (error) {
    if (!(error instanceof StartRefused)) throw error
    return await describeRefusal(session, { container, made, layout, refusal: error })
  }
}

const uncut = new AbortController().signal

async function makeContainer(
  session: DockerSession,
  builder: Builder,
  { control, image, made }: Attempt,
): Promise<{ readonly container: string; readonly layout: MountLayout }> {
  const { init } = await session.facts(control.kill)
  const layout = await layOutMounts(session, builder, uncut)
  made.volumes = layout.volumes
  control.kill.throwIfAborted()
  const container = await createContainer(session, builder, describeContainer(builder, { image, init, ...layout }))
  await fillVolumes(session, builder, { image, layout }, control.kill)
  return { container, layout }
}

async function createContainer(session: DockerSession, builder: Builder, body: object): Promise<string> {
  const request = {
    method: 'POST',
    path: '/containers/create',
    query: { name: containerName(builder) },
    body,
    deadline: CREATE_DEADLINE,
  } as const
  try {
    return textAt(await session.api.json(request), 'Id')
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    if (error.statusCode === 404)
      throw new EngineTrouble(engineError('engine/image-missing', `the engine lost the image of builder "${builder.id}"`, [error.message]))
    if (error.statusCode === 400)
      throw new EngineTrouble(
        engineError('engine/mount-refused', `the engine refused the mounts of builder "${builder.id}"`, [error.message]),
      )
    if (error.statusCode !== 409) throw error
    // Our own name: left by an attempt whose answer was lost.
    await removeContainer(session, containerName(builder))
    return textAt(await session.api.json(request), 'Id')
  }
}

interface Ended {
  readonly container: string
  readonly made: MadeThings
  readonly code: number
  readonly stopped: boolean
}

async function describeExit(session: DockerSession, builder: Builder, { container, made, code, stopped }: Ended): Promise<BuilderExit> {
  const [state, startError] = await Promise.all([
    orNull(session.api.json({ method: 'GET', path: `/containers/${container}/json` })),
    findStartError(session.api, container, builder, code),
  ])
  if (state === null || isBeingRemoved(state))
    throw new EngineTrouble(engineError('engine/builder-removed', `somebody removed the container of builder "${builder.id}" while it ran`))
  return {
    code,
    outOfMemory: valueAt(state, 'State', 'OOMKilled') === true,
    stopped,
    startError,
    unknownUser: null,
    outputs: (signal) => readOutputs(session, { container, volume: outputVolume(session, state) }, signal),
    [Symbol.asyncDispose]: () => made.remove(),
  }
}

/** A forced removal kills first: the end of the process is seen while its container is still listed. */
function isBeingRemoved(state: unknown): boolean {
  const status = valueAt(state, 'State', 'Status')
  return status === 'removing' || status === 'dead'
}

/** In the words that every engine uses. */
function unknownUser(made: MadeThings, name: string): BuilderExit {
  const startError = `unable to find ${name}: no such user or group in the toolchain`
  return { ...neverStarted(() => made.remove()), code: 126, stopped: false, startError, unknownUser: name }
}

/** A user that is not there; 400 and 404: the command. Anything else: the engine, or an overlay that it could not mount. */
async function describeRefusal(
  session: DockerSession,
  refused: { readonly container: string; readonly made: MadeThings; readonly layout: MountLayout; readonly refusal: StartRefused },
): Promise<BuilderExit> {
  const { refusal, container, made, layout } = refused
  const stranger = /unable to find (?:user|group) (.+): no matching entries in \w+ file/.exec(refusal.message)?.[1]
  if (stranger !== undefined) return unknownUser(made, stranger)
  const state = await orNull(session.api.json({ method: 'GET', path: `/containers/${container}/json` }))
  const code = state === null ? 0 : numberAt(state, 'State', 'ExitCode')
  if (code === 126 || code === 127) {
    return {
      code,
      outOfMemory: false,
      stopped: false,
      startError: refusal.message,
      unknownUser: null,
      outputs: (signal) => readOutputs(session, { container, volume: null }, signal),
      [Symbol.asyncDispose]: () => made.remove(),
    }
  }
  throw layout.usesOverlay ? new OverlayRefused() : refusal.cause
}

interface LeftOutputs {
  readonly container: string
  /** Where the volume of /out lies on this machine, as far as that is known. */
  readonly volume: string | null
}

async function* readOutputs(session: DockerSession, { container, volume }: LeftOutputs, signal: AbortSignal): AsyncGenerator<ArchiveEntry> {
  const found = volume === null ? null : findIfReadable(volume)
  if (found === null) yield* readArchive(await openArchive(session, container, signal), 'out')
  else yield* readFoundOutputs(found, session.clock, signal)
}

/** Null when not all of it can be read from here: it is of another machine, or this user may not read what builders own. */
function findIfReadable(volume: string): readonly FoundOutput[] | null {
  try {
    return findOutputs(volume, 'refuse')
  } catch (error) {
    if (error instanceof Error && 'code' in error) return null
    throw error
  }
}

/** Its name is the run's and the builder's own, so that a directory of that path is no other engine's. */
function outputVolume({ sharesFiles }: DockerSession, container: unknown): string | null {
  if (!sharesFiles) return null
  const mount = listAt(container, 'Mounts').find((candidate) => optionalTextAt(candidate, 'Destination') === '/out')
  return mount === undefined || optionalTextAt(mount, 'Type') !== 'volume' ? null : optionalTextAt(mount, 'Source')
}

async function openArchive(session: DockerSession, container: string, signal: AbortSignal): Promise<Readable> {
  try {
    return await session.api.stream({
      method: 'GET',
      path: `/containers/${container}/archive`,
      query: { path: '/out' },
      signal,
      deadline: CREATE_DEADLINE,
    })
  } catch (cause) {
    throw new EngineStreamError("the engine did not give the builder's outputs", { cause })
  }
}

/** What `work` gives, or the signal's reason as soon as that is aborted; `work` goes on. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted()
  const over = new AbortController()
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true, signal: over.signal })
  })
  try {
    return await Promise.race([work, aborted])
  } finally {
    over.abort()
  }
}

function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError'
}
