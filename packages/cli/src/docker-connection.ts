import type { EnvironmentError, Result } from '@orchestrate/core'
import { createDocker, loadDocker, pingDocker } from './connect-docker.ts'
import { connectAtOnce, type ConnectedEngine, type EngineSurroundings, type KeepingEngine } from './connected-engine.ts'
import { once } from './once.ts'

/** Docker, loaded and connected on first use, once, whoever asks for it. */
export interface DockerConnection extends AsyncDisposable {
  /** Speaks to it, whether it answers or not. */
  readonly get: () => Promise<Result<ConnectedEngine<KeepingEngine>, EnvironmentError>>
  /** The same, but only after it has answered quickly. */
  readonly getIfThere: () => Promise<Result<ConnectedEngine<KeepingEngine>, EnvironmentError>>
  /**
   * Begins to connect for somebody who will hardly do without, and to ask which images are there. Resolves when the client is loaded: what
   * follows may keep this process too busy for that, but not the engine from answering.
   */
  readonly anticipate: () => Promise<void>
}

export function openDockerConnection(surroundings: EngineSurroundings, stop: AbortSignal): DockerConnection {
  const over = new AbortController()
  const signal = AbortSignal.any([stop, over.signal])
  const made = once(() => createDocker(surroundings))
  const connected = once(async () => {
    const docker = await made.get()
    return docker.ok ? connectAtOnce(docker.value, signal) : docker
  })
  const there = once(async () => {
    const answered = await pingDocker(surroundings, signal)
    return answered.ok ? connected.get() : answered
  })
  return {
    get: connected.get,
    getIfThere: there.get,
    anticipate: async () => {
      const [docker] = await Promise.all([made.get(), loadDocker()])
      if (!docker.ok) return
      docker.value.images.survey(signal)
      // What comes of them is seen by whoever asks.
      for (const begun of [connected.get(), there.get()]) begun.catch(() => undefined)
    },
    [Symbol.asyncDispose]: async () => {
      over.abort()
      await there.pending()
      const docker = await connected.pending()
      if (docker?.ok === true) await docker.value.engine.close()
    },
  }
}
