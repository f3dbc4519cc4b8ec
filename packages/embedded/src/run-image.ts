import { type EnvironmentError, ok, type Result } from '@orchestrate/core'
import type { BuilderControl, ImageExit, ImageRun, ImageRunner, PublishedPort, RunIdentity } from '@orchestrate/execute'
import { homeOf } from './home-of.ts'
import { readImageProcess } from './image-process.ts'
import { readInside } from './inner-files.ts'
import type { RootDirectory, Roots } from './roots/roots.ts'

/** An image's process as a container is to run it: the network is the machine's, what it writes goes with it. */
export interface ImageContainer {
  readonly run: RunIdentity
  /** Unique within the run: `api:image`. */
  readonly name: string
  readonly root: RootDirectory
  /** Not empty. */
  readonly argv: readonly string[]
  /** Complete. */
  readonly env: ReadonlyMap<string, string>
  /** Absolute, inside. */
  readonly workdir: string
  /** As the image has it; null for uid 0. */
  readonly user: string | null
  readonly hostname: string
  /** Grace between stop and kill, milliseconds. */
  readonly graceMs: number
  /** Called once when the process runs. */
  readonly onStarted: () => void
}

export interface ImageRunnerDeps {
  readonly roots: Roots
  /** Runs a container to its end; nothing of it is left when the promise settles. */
  readonly runContainer: (container: ImageContainer, control: BuilderControl) => Promise<Result<ImageExit, EnvironmentError>>
}

/** Starts emitted images without Docker: unpacked once, each process over a throw-away layer, on the machine's own network. */
export function createImageRunner(deps: ImageRunnerDeps): ImageRunner {
  return { name: 'embedded', run: (request, control) => runImage(deps, request, control) }
}

async function runImage(deps: ImageRunnerDeps, request: ImageRun, control: BuilderControl): Promise<Result<ImageExit, EnvironmentError>> {
  const ended = AbortSignal.any([control.stop, control.kill])
  const root = await readyRoot(deps.roots, request, ended)
  if (ended.aborted) return ok({ code: 143, outOfMemory: false, stopped: true, startError: null })
  if (!root.ok) return root
  const { argv, env, workdir, user, ports } = readImageProcess(request)
  if (argv.length === 0) return ok({ code: 127, outOfMemory: false, stopped: false, startError: 'no command specified' })
  const home = homeOf(user, readInside({ root: root.value.path, mounts: [] }, '/etc/passwd'))
  const { run, service, graceMs, onStarted } = request
  return deps.runContainer(
    {
      run,
      name: `${service}:image`,
      root: root.value,
      argv,
      env: new Map([['HOME', home], ...env]),
      workdir,
      user,
      hostname: service.slice(0, LONGEST_HOSTNAME),
      graceMs,
      onStarted: () => onStarted(ports.map(publish)),
    },
    control,
  )
}

/** Kernels take no longer host names. */
const LONGEST_HOSTNAME = 63

/** Unpacked, and as it was unpacked: what runs for long is looked at before, not beside. */
async function readyRoot(roots: Roots, { image }: ImageRun, signal: AbortSignal): Promise<Result<RootDirectory, EnvironmentError>> {
  const found = await roots.ensureImage(image, signal)
  if (!found.ok || (await roots.verify(found.value))) return found
  await roots.discard(found.value)
  return roots.ensureImage(image, signal)
}

/** On the machine's network a port is reached under its own number. */
function publish(port: string): PublishedPort {
  return { port, address: `127.0.0.1:${port.split('/')[0]}` }
}
