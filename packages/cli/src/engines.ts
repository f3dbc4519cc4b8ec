import type { EngineChoice } from '@orchestrate/config'
import { type EnvironmentError, environmentError, err, ok, type Result } from '@orchestrate/core'
import type { Engine, RunIdentity } from '@orchestrate/execute'
import { connectEmbedded } from './connect-embedded.ts'
import type { ConnectedEngine, EngineSurroundings, KeepingEngine } from './connected-engine.ts'
import type { DockerConnection } from './docker-connection.ts'
import { once } from './once.ts'

/** The engines of a command that may need none: each is loaded and connected on first use, once. */
export interface Engines extends AsyncDisposable {
  readonly run: RunIdentity
  /** What runs builders and images, as chosen. */
  readonly builders: () => Promise<Result<ConnectedEngine, EnvironmentError>>
  /** Docker, whatever was chosen for builders. */
  readonly docker: () => Promise<Result<ConnectedEngine<KeepingEngine>, EnvironmentError>>
  /** Docker where builders run on it, else why they do not: what toolchains of kind image come from. */
  readonly chosenDocker: () => Promise<Result<ConnectedEngine<KeepingEngine>, EnvironmentError>>
  /** The same for what can do without: null where `auto` finds no Docker and where the embedded engine was chosen. */
  readonly dockerWhereKept: () => Promise<Result<ConnectedEngine<KeepingEngine> | null, EnvironmentError>>
}

export interface EnginesRequest {
  readonly surroundings: EngineSurroundings
  /** Closed with the engines. */
  readonly docker: DockerConnection
  readonly choice: EngineChoice
  readonly signal: AbortSignal
  /** Called once, with what was chosen for builders. */
  readonly onChosen: (chosen: ConnectedEngine, because: string | null) => void
}

export function openEngines({ surroundings, docker, choice, signal, onChosen }: EnginesRequest): Engines {
  const runtime = choice.kind === 'embedded' ? choice.runtime : null
  const embedded = once(() => connectEmbedded(surroundings, runtime, signal))
  const builders = once(async () => {
    const chosen = await chooseBuilders(choice, { docker: docker.get, answeringDocker: docker.getIfThere, embedded: embedded.get })
    if (!chosen.ok) return chosen
    onChosen(chosen.value.connected, chosen.value.because)
    return ok(chosen.value.connected)
  })
  return {
    run: surroundings.run,
    builders: builders.get,
    docker: docker.get,
    chosenDocker: () => (choice.kind === 'docker' ? docker.get() : choice.kind === 'auto' ? docker.getIfThere() : rejectImages()),
    dockerWhereKept: async () => {
      if (choice.kind === 'embedded') return ok(null)
      if (choice.kind === 'docker') return docker.get()
      const answered = await docker.getIfThere()
      return answered.ok ? answered : ok(null)
    },
    [Symbol.asyncDispose]: async () => {
      await docker[Symbol.asyncDispose]()
      const connected = await embedded.pending()
      if (connected?.ok === true) await connected.value.engine.close()
    },
  }
}

/** What the ports of `execute` and `toolchain` take of a connected engine. */
export async function engineOf(connected: Promise<Result<ConnectedEngine, EnvironmentError>>): Promise<Result<Engine, EnvironmentError>> {
  const answered = await connected
  return answered.ok ? ok(answered.value.engine) : answered
}

interface Candidates {
  readonly docker: () => Promise<Result<ConnectedEngine, EnvironmentError>>
  readonly answeringDocker: () => Promise<Result<ConnectedEngine, EnvironmentError>>
  readonly embedded: () => Promise<Result<ConnectedEngine, EnvironmentError>>
}

interface Chosen {
  readonly connected: ConnectedEngine
  /** Why it is not the engine that comes first, or null. */
  readonly because: string | null
}

async function chooseBuilders(choice: EngineChoice, candidates: Candidates): Promise<Result<Chosen, EnvironmentError>> {
  if (choice.kind !== 'auto') {
    const connected = await (choice.kind === 'docker' ? candidates.docker() : candidates.embedded())
    return connected.ok ? ok({ connected: connected.value, because: null }) : connected
  }
  const docker = await candidates.answeringDocker()
  if (docker.ok) return ok({ connected: docker.value, because: null })
  const embedded = await candidates.embedded()
  if (embedded.ok) return ok({ connected: embedded.value, because: docker.error.message })
  return err(noEngine(docker.error, embedded.error))
}

function noEngine(docker: EnvironmentError, embedded: EnvironmentError): EnvironmentError {
  return environmentError({
    id: 'engine/none',
    message: 'no engine runs builders here',
    details: [`docker: ${docker.message}`, `embedded: ${embedded.message}`, ...embedded.details.map((line) => `  ${line}`)],
    help: '`orchestrate doctor` tries each of them and says what to do',
  })
}

/** The embedded engine keeps no images: what asks for one wants Docker. */
async function rejectImages(): Promise<Result<never, EnvironmentError>> {
  return err(
    environmentError({
      id: 'engine/keeps-no-images',
      message: 'the embedded engine keeps no images that a toolchain could come from',
      help: 'declare the toolchain with "debian", "archive" or "rootfs", or choose the Docker engine',
    }),
  )
}
