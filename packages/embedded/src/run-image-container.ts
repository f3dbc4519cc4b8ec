import { join } from 'node:path'
import { type EnvironmentError, err, ok, type Result } from '@orchestrate/core'
import type { BuilderControl, ImageExit } from '@orchestrate/execute'
import { containerId, makeContainerDirectory, removeContainerDirectory } from './container-directory.ts'
import { embeddedError } from './embedded-error.ts'
import { findStartError, type StartError, unknownUser } from './find-start-error.ts'
import { type ContainerUser, findUser } from './find-user.ts'
import { readInside } from './inner-files.ts'
import { writeNetworkFiles } from './network-files.ts'
import { runContainer } from './run-container.ts'
import type { ImageContainer } from './run-image.ts'
import type { Host } from './runtime.ts'
import type { EmbeddedSession } from './session.ts'

/** Enough for any service, and not enough for a fork bomb. */
const PIDS_LIMIT = 4096

/** Runs an image's process in a container on the machine's network; nothing of it is left when the promise settles. */
export async function runImageContainer(
  session: EmbeddedSession,
  container: ImageContainer,
  control: BuilderControl,
): Promise<Result<ImageExit, EnvironmentError>> {
  const found = await session.host(control.kill)
  if (!found.ok) return found
  const { host, tools } = found.value
  const files = { root: container.root.path, mounts: [] }
  const user = findUser(container.user, { passwd: readInside(files, '/etc/passwd'), group: readInside(files, '/etc/group') })
  if (!user.ok) return ok(refused(unknownUser(user.error)))
  const { argv, workdir, env } = container
  const refusal = findStartError(files, { argv, workdir, searchPath: env.get('PATH') ?? '' })
  if (refusal !== null) return ok(refused(refusal))
  const id = containerId(container.run, container.name)
  const directory = join(session.directoryOf(container.run), id)
  const remove = (): Promise<void> => removeContainerDirectory(directory, { host, tools, breath: session.breath() })
  await remove()
  makeContainerDirectory(directory)
  try {
    const end = await runContainer(
      {
        directory,
        id,
        argv,
        workdir,
        env,
        run: container.run,
        root: container.root.path,
        user: user.value,
        hostname: container.hostname,
        mounts: writeNetworkFiles(directory, { hostname: container.hostname, network: 'on' }),
        network: 'host',
        limits: { pids: PIDS_LIMIT, memory: null, cpus: null },
        graceMs: container.graceMs,
      },
      {
        tools,
        host: hostOfUser(host, user.value),
        place: session.search.place,
        unified: session.search.unified,
        onStarted: container.onStarted,
      },
      control,
    )
    if (end.kind === 'never-started') return ok({ code: 143, outOfMemory: false, stopped: true, startError: null })
    if (end.kind === 'ended') return ok({ code: end.code, outOfMemory: end.outOfMemory, stopped: end.stopped, startError: null })
    return err(embeddedError('embedded/start-failed', `"${host.runtime.path}" could not start "${container.name}"`, end.words))
  } finally {
    await remove()
  }
}

/**
 * As an ordinary user everything in an unpacked image belongs to the caller. A process that is not root is the caller too, so that
 * what the image gave to its user is its own; one that begins as root has every id, and may become others.
 */
function hostOfUser(host: Host, user: ContainerUser): Host {
  return host.ids === 'subordinate' && user.uid !== 0 ? { ...host, ids: 'single' } : host
}

const refused = ({ code, message }: StartError): ImageExit => ({ code, outOfMemory: false, stopped: false, startError: message })
