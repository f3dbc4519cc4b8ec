import { request } from 'node:http'
import { type EnvironmentError, err, ok, type Result } from '@orchestrate/core'
import { type DockerHost, NO_SERVER_NAME } from './docker-host.ts'
import { engineError, toEnvironmentError } from './engine-errors.ts'

/** Milliseconds; an engine answers this call without doing anything. */
const DEADLINE = 2_000

/**
 * Whether an engine answers at all, without loading its client: a socket that is not there costs one failed system call.
 * @see https://docs.docker.com/reference/api/engine/version/v1.44/#tag/System/operation/SystemPing
 */
export async function pingEngine(host: DockerHost, signal: AbortSignal): Promise<Result<void, EnvironmentError>> {
  const deadline = AbortSignal.timeout(DEADLINE)
  try {
    const status = await ping(host, AbortSignal.any([signal, deadline]))
    if (status === 200) return ok(undefined)
    return err(engineError('engine/unexpected-answer', `the engine answered with status ${status}, while being asked whether it is there`))
  } catch (error) {
    const known = toEnvironmentError(deadline.aborted ? deadline.reason : error, host, 'being asked whether it is there')
    if (known === null) throw error
    return err(known)
  }
}

function ping({ socketPath }: DockerHost, signal: AbortSignal): Promise<number> {
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, path: '/_ping', agent: false, signal, ...NO_SERVER_NAME }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    call.once('error', reject)
    call.end()
  })
}
