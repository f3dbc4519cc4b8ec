import type { BuilderControl, ImageExit, ImageRun, ImageRunner, PublishedPort } from '@orchestrate/execute'
import { followProcess, StartRefused } from './builder-process.ts'
import { describeImageContainer, exposedPorts } from './describe-image-container.ts'
import { attempt, EngineTrouble, engineError } from './engine-errors.ts'
import { inspectImage, orNull } from './image-calls.ts'
import { numberAt, optionalTextAt, textAt, valueAt } from './json-value.ts'
import { containerName } from './names.ts'
import { removeContainer } from './remove.ts'
import type { DockerSession } from './session.ts'

/** Milliseconds; an engine under load takes its time to make a container. */
const CREATE_DEADLINE = 60_000

/** Starts images that were loaded into the engine: a container each, its ports published on loopback, removed at its end. */
export function createImageRunner(session: DockerSession): ImageRunner {
  return {
    name: 'docker',
    run: (request, control) => attempt(session.api.host, `running image "${request.reference}"`, () => runImage(session, request, control)),
  }
}

async function runImage(session: DockerSession, request: ImageRun, control: BuilderControl): Promise<ImageExit> {
  if (control.stop.aborted || control.kill.aborted) return { code: 143, outOfMemory: false, stopped: true, startError: null }
  const image = await findLoaded(session, request, control.kill)
  session.unsettled.add(containerName(ownerOf(request)))
  session.reaper.start()
  const name = containerName(ownerOf(request))
  try {
    const container = await createContainer(session, { name, body: describeImageContainer(request, image) }, control.kill)
    return await follow(session, container, request, control)
  } finally {
    // By name, so that a container goes too whose create call was never answered; what stays is left to close().
    await attempt(session.api.host, `removing container "${name}"`, () => removeContainer(session, name))
  }
}

const ownerOf = ({ run, service }: ImageRun) => ({ run, id: `${service}:image` })

/** The engine's id of the image: the digest of its config on the classic store, of its manifest on containerd's. */
async function findLoaded(session: DockerSession, { image, reference }: ImageRun, signal: AbortSignal): Promise<string> {
  await session.facts(signal)
  for (const digest of [image.config.digest, image.manifest.digest]) {
    const found = await inspectImage(session.api, digest, signal)
    if (found !== null) return found.id
  }
  throw new EngineTrouble(
    engineError('engine/image-missing', `the engine has no image "${reference}" with the digest ${image.manifest.digest}`),
  )
}

async function createContainer(
  session: DockerSession,
  { name, body }: { readonly name: string; readonly body: object },
  signal: AbortSignal,
): Promise<string> {
  const request = { method: 'POST', path: '/containers/create', query: { name }, body, signal, deadline: CREATE_DEADLINE } as const
  return textAt(await session.api.json(request), 'Id')
}

async function follow(session: DockerSession, container: string, request: ImageRun, control: BuilderControl): Promise<ImageExit> {
  const { reference, graceMs } = request
  const onStarted = async (): Promise<void> => request.onStarted(await publishedPorts(session, container, request))
  try {
    const end = await followProcess(session, container, { title: `image "${reference}"`, graceMs, onStarted }, control)
    const state = await inspect(session, container)
    return { ...end, outOfMemory: valueAt(state, 'State', 'OOMKilled') === true, startError: null }
  } catch (error) {
    if (!(error instanceof StartRefused)) throw error
    const state = await inspect(session, container)
    const code = state === null ? 0 : numberAt(state, 'State', 'ExitCode')
    // 126 and 127 are about the command; anything else is the engine's trouble.
    if (code !== 126 && code !== 127) throw error.cause
    return { code, outOfMemory: false, stopped: false, startError: error.message }
  }
}

function inspect(session: DockerSession, container: string): Promise<unknown> {
  return orNull(session.api.json({ method: 'GET', path: `/containers/${container}/json` }))
}

/** Where the engine put each exposed port; a container that has ended already has none. */
async function publishedPorts(session: DockerSession, container: string, { image }: ImageRun): Promise<readonly PublishedPort[]> {
  const state = await inspect(session, container)
  return exposedPorts(image).flatMap((port) => {
    const bindings = valueAt(state, 'NetworkSettings', 'Ports', port)
    const first: unknown = Array.isArray(bindings) ? bindings[0] : null
    const number = optionalTextAt(first, 'HostPort')
    return number === null ? [] : [{ port, address: `${optionalTextAt(first, 'HostIp') ?? '127.0.0.1'}:${number}` }]
  })
}
