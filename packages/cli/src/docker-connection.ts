import type { EnvironmentError, Result } from '@orchestrate/core'
import { connectDocker, pingDocker } from './connect-docker.ts'
import type { ConnectedEngine, EngineSurroundings, KeepingEngine } from './connected-engine.ts'
import { once } from './once.ts'

/** Docker, loaded and connected on first use, once, whoever asks for it. */
export interface DockerConnection extends AsyncDisposable {
  /** Speaks to it, whether it answers or not. */
  readonly get: () => Promise<Result<ConnectedEngine<KeepingEngine>, EnvironmentError>>
  /** The same, but only after it has answered quickly. */
  readonly getIfThere: () => Promise<Result<ConnectedEngine<KeepingEngine>, EnvironmentError>>
  /** Begins to connect for somebody who may ask soon, and to ask which images are there. */
  readonly anticipate: () => void
}

export function openDockerConnection(surroundings: EngineSurroundings, stop: AbortSignal): DockerConnection {
  const over = new AbortController()
  const signal = AbortSignal.any([stop, over.signal])
  const connected = once(() => connectDocker(surroundings, signal))
  const there = once(async () => {
    const answered = await pingDocker(surroundings, signal)
    return answered.ok ? connected.get() : answered
  })
  const anticipate = async (): Promise<void> => {
    const docker = await there.get()
    if (docker.ok) docker.value.engine.images.survey(signal)
  }
  return {
    get: connected.get,
    getIfThere: there.get,
    // A bug in it is seen by whoever asks.
    anticipate: () => void anticipate().catch(() => undefined),
    [Symbol.asyncDispose]: async () => {
      over.abort()
      await there.pending()
      const docker = await connected.pending()
      if (docker?.ok === true) await docker.value.engine.close()
    },
  }
}
