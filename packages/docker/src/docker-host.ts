import { type EnvironmentError, environmentError, err, ok, type Result } from '@orchestrate/core'
import { helpFor } from './diagnostics.ts'

/** Where an engine listens. */
export interface DockerHost {
  readonly kind: 'unix'
  /** Absolute path. */
  readonly socketPath: string
}

/**
 * An option of node:http: a socket file has no host whose name would have to be told from an address, which costs the first call 3 ms.
 * The types do not know it.
 */
export const NO_SERVER_NAME: object = { servername: '' }

const DEFAULT_SOCKET = '/var/run/docker.sock'

/**
 * The engine that `DOCKER_HOST` names, else the default socket.
 * An empty variable counts as unset, as the docker command does it.
 */
export function parseDockerHost(env: { readonly [name: string]: string | undefined }): Result<DockerHost, EnvironmentError> {
  const text = env['DOCKER_HOST'] ?? ''
  if (text === '') return ok({ kind: 'unix', socketPath: DEFAULT_SOCKET })
  if (text === 'unix://') return ok({ kind: 'unix', socketPath: DEFAULT_SOCKET })
  if (text.startsWith('unix:///')) return ok({ kind: 'unix', socketPath: text.slice('unix://'.length) })
  return err(
    environmentError({
      id: 'engine/unsupported-host',
      message: `DOCKER_HOST "${text}" is not a local unix socket`,
      help: helpFor('engine/unsupported-host'),
    }),
  )
}

/** As DOCKER_HOST would spell it. */
export function formatDockerHost(host: DockerHost): string {
  return `unix://${host.socketPath}`
}
