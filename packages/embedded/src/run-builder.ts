import { chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type EnvironmentError, err, ok, type Result } from '@orchestrate/core'
import {
  type Builder,
  type BuilderControl,
  type BuilderExit,
  type BuilderMount,
  findOutputs,
  HOST_CERTIFICATES_PATH,
  neverStarted,
  readFoundOutputs,
} from '@orchestrate/execute'
import { inUserNamespace } from './box.ts'
import { containerId, makeContainerDirectory, removeContainerDirectory, runQuietly } from './container-directory.ts'
import type { ContainerMount, ContainerPlan } from './container-plan.ts'
import { copyView } from './copy-view.ts'
import { embeddedError } from './embedded-error.ts'
import { findStartError, type StartError, unknownUser } from './find-start-error.ts'
import { type ContainerUser, findUser } from './find-user.ts'
import type { FoundHost } from './host-search.ts'
import { readInside } from './inner-files.ts'
import type { RootDirectory } from './roots/roots.ts'
import { type ContainerEnd, runContainer } from './run-container.ts'
import type { EmbeddedSession } from './session.ts'
import { writeNetworkFiles } from './network-files.ts'

type Outcome = Result<BuilderExit, EnvironmentError>

/** Runs one builder in a container of its own. Whatever was made for it goes with the exit. @throws the file system's errors. */
export async function runBuilder(session: EmbeddedSession, builder: Builder, control: BuilderControl): Promise<Outcome> {
  if (control.stop.aborted || control.kill.aborted) return ok(neverStarted())
  const found = await session.host(control.kill)
  if (!found.ok) return found
  const stopped = AbortSignal.any([control.stop, control.kill])
  const root = await session.roots.ensure(builder.root, mountPointsOf(builder, found.value), stopped)
  if (control.stop.aborted || control.kill.aborted) return ok(neverStarted())
  if (!root.ok) return root
  return runOnce(session, builder, { control, found: found.value, root: root.value, attempt: 1 })
}

/** An overlay takes what runtimes make for mounts; without one they would make it in the root that all builders share. */
function mountPointsOf({ mounts, caches }: Builder, { host }: FoundHost): readonly string[] {
  if (host.upper !== 'none') return []
  const directories = mounts.filter(({ kind }) => kind === 'directory')
  return [...directories, ...caches].map(({ to }) => to).filter((to) => !directories.some((outer) => to.startsWith(`${outer.to}/`)))
}

interface Attempt {
  readonly control: BuilderControl
  readonly found: FoundHost
  readonly root: RootDirectory
  readonly attempt: number
}

const MOST_ATTEMPTS = 2

async function runOnce(session: EmbeddedSession, builder: Builder, attempt: Attempt): Promise<Outcome> {
  const directory = join(session.directoryOf(builder.run), containerId(builder.run, builder.id))
  const { host, tools } = attempt.found
  const remove = (): Promise<void> => removeContainerDirectory(directory, { host, tools, breath: session.breath() })
  await remove()
  makeContainerDirectory(directory)
  try {
    const outcome = await runIn(session, builder, { ...attempt, directory, remove })
    if (outcome !== 'again') return outcome
  } catch (error) {
    await remove()
    throw error
  }
  await remove()
  return runAgain(session, builder, attempt)
}

/** What a start told of this machine, or of the toolchain, is looked at anew, once. */
async function runAgain(session: EmbeddedSession, builder: Builder, attempt: Attempt): Promise<Outcome> {
  const { control } = attempt
  const found = attempt.found.remembered ? await session.searchAgain(control.kill) : ok(attempt.found)
  if (!found.ok) return found
  const root = await session.roots.ensure(builder.root, mountPointsOf(builder, found.value), control.kill)
  if (!root.ok) return root
  return runOnce(session, builder, { control, found: found.value, root: root.value, attempt: attempt.attempt + 1 })
}

interface Placed extends Attempt {
  readonly directory: string
  readonly remove: () => Promise<void>
}

async function runIn(session: EmbeddedSession, builder: Builder, placed: Placed): Promise<Outcome | 'again'> {
  const { control, found, root, remove } = placed
  const caches = builder.caches.map(({ key, to }) => ({ to, source: session.caches.contentOf(key) }))
  const files = { root: root.path, mounts: [...builder.mounts, ...caches] }
  const user = findUser(builder.user, { passwd: readInside(files, '/etc/passwd'), group: readInside(files, '/etc/group') })
  if (!user.ok) return ok({ ...notStarted(placed, unknownUser(user.error)), unknownUser: user.error })
  const refusal = findStartError(files, { argv: builder.argv, workdir: builder.workdir, searchPath: searchPathOf(builder) })
  if (refusal !== null) return ok(notStarted(placed, refusal))
  const plan = await planContainer(session, builder, { ...placed, user: user.value })
  const [end, intact] = await bothOf(
    runContainer(plan, { ...found, place: session.search.place, unified: session.search.unified }, control),
    session.roots.verify(root),
  )
  for (const { key } of builder.caches) session.caches.close(key)
  if (!intact) return refuseDamaged(session, builder, placed)
  if (end.kind === 'refused') return refuseStart(builder, placed, end.words)
  if (end.kind === 'never-started') {
    await remove()
    return ok(neverStarted())
  }
  return ok(describeExit(session, { ...placed, end }))
}

/** What both come to, when both have ended. @throws what the first of them threw, then. */
async function bothOf<A, B>(a: Promise<A>, b: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([a, b])
  return [await a, await b]
}

/** Nothing that a builder made with a changed toolchain counts. */
async function refuseDamaged(
  session: EmbeddedSession,
  builder: Builder,
  { root, attempt, control, remove }: Placed,
): Promise<Outcome | 'again'> {
  await session.roots.discard(root)
  if (attempt < MOST_ATTEMPTS) {
    control.stderr(
      Buffer.from('orchestrate: the unpacked toolchain had been changed; it is unpacked again, and the builder runs once more\n'),
    )
    return 'again'
  }
  await remove()
  return err(embeddedError('embedded/root-damaged', `the unpacked toolchain of builder "${builder.id}" keeps changing`, [root.path]))
}

async function refuseStart(builder: Builder, { found, attempt, remove }: Placed, words: readonly string[]): Promise<Outcome | 'again'> {
  if (found.remembered && attempt < MOST_ATTEMPTS) return 'again'
  await remove()
  const { path } = found.host.runtime
  return err(embeddedError('embedded/start-failed', `"${path}" could not start builder "${builder.id}"`, words))
}

const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

const searchPathOf = ({ env, root }: Builder): string => env.get('PATH') ?? root.env.get('PATH') ?? DEFAULT_PATH

async function planContainer(
  session: EmbeddedSession,
  builder: Builder,
  { directory, root, found, user }: Placed & { readonly user: ContainerUser },
): Promise<ContainerPlan> {
  const anybody = user.uid !== 0 && found.host.ids !== 'single'
  const access = anybody ? 'anybody' : 'owner'
  if (anybody) chmodSync(join(directory, 'out'), 0o777)
  const views: ContainerMount[] = []
  for (const [index, mount] of builder.mounts.entries()) views.push(await placeView(session, mount, { index, directory, found, anybody }))
  const caches = builder.caches.map(
    ({ key, to }) => ({ to, source: session.caches.open(key, access), kind: 'directory', access: 'writable' }) as const,
  )
  const certificates = builder.certificates
  return {
    directory,
    run: builder.run,
    id: containerId(builder.run, builder.id),
    root: root.path,
    argv: builder.argv,
    env: new Map([['PATH', searchPathOf(builder)], ...builder.env]),
    workdir: builder.workdir,
    user,
    hostname: builder.hostname,
    mounts: [
      ...writeNetworkFiles(directory, builder),
      ...views,
      { to: '/out', source: join(directory, 'out'), kind: 'directory', access: 'writable' },
      ...caches,
      ...(certificates === null ? [] : [{ to: HOST_CERTIFICATES_PATH, source: certificates, kind: 'file', access: 'read-only' } as const]),
    ],
    network: builder.network === 'on' ? 'host' : 'off',
    limits: builder.limits,
    graceMs: builder.graceMs,
  }
}

interface ViewPlace {
  readonly index: number
  readonly directory: string
  readonly found: FoundHost
  /** The builder is neither uid 0 nor the caller: it could not write to what belongs to them. */
  readonly anybody: boolean
}

async function placeView(session: EmbeddedSession, mount: BuilderMount, place: ViewPlace): Promise<ContainerMount> {
  const { source, to, kind, access } = mount
  if (access === 'read-only') return { to, source, kind, access }
  if (kind === 'file') {
    if (place.anybody) chmodSync(source, 0o666)
    return { to, source, kind, access: 'writable' }
  }
  if (!place.anybody && place.found.host.upper !== 'none') return { to, source, kind, access: 'throw-away' }
  const copies = join(place.directory, 'copies')
  mkdirSync(copies, { recursive: true })
  const copy = join(copies, String(place.index))
  await copyView(source, copy, { anybody: place.anybody, breath: session.breath() })
  return { to, source: copy, kind, access: 'writable' }
}

interface Ended extends Placed {
  readonly end: Extract<ContainerEnd, { kind: 'ended' }>
}

function describeExit(session: EmbeddedSession, { end, found, directory, remove }: Ended): BuilderExit {
  const { code, outOfMemory, stopped } = end
  const out = join(directory, 'out')
  return {
    code,
    outOfMemory,
    stopped,
    startError: null,
    unknownUser: null,
    outputs: async function* (signal) {
      // What belongs to subordinate ids is given to the caller first, who may not even read it otherwise.
      if (found.host.ids === 'subordinate')
        await runQuietly(inUserNamespace(found.host, found.tools, [found.tools.sh, '-c', 'exec chown -hR 0:0 -- "$1"', 'sh', out]))
      yield* readFoundOutputs(findOutputs(out, 'open'), session.options.clock, signal)
    },
    [Symbol.asyncDispose]: remove,
  }
}

function notStarted({ remove }: Placed, { code, message }: StartError): BuilderExit {
  return { ...neverStarted(remove), code, stopped: false, startError: message }
}
