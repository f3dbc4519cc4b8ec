import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Services that run on a network of their own, each reachable by the others under its name. */
export interface RunningServices extends AsyncDisposable {
  /** Asks a service for a path until it listens; any status is an answer. */
  get(service: string, path: string): Promise<Answer>
}

export interface Answer {
  readonly status: number
  readonly type: string | null
  readonly text: string
}

const START_DEADLINE = 30_000
const ANSWER_DEADLINE = 5_000

/** Starts `<repository>/<service>` for each service, its port 8080 published on loopback. */
export async function startServices(repository: string, services: readonly string[]): Promise<RunningServices> {
  const group = `orchestrate-test-${randomBytes(4).toString('hex')}`
  const names = services.map((service) => `${group}-${service}`)
  const remove = async () => {
    await run('docker', ['rm', '--force', '--volumes', ...names])
    await run('docker', ['network', 'rm', group])
  }
  await run('docker', ['network', 'create', group])
  const addresses = new Map<string, string>()
  try {
    for (const service of services) addresses.set(service, await start(group, service, `${repository}/${service}`))
  } catch (error) {
    await remove()
    throw error
  }
  return {
    get: (service, path) => ask(`http://${addresses.get(service) ?? service}${path}`),
    [Symbol.asyncDispose]: remove,
  }
}

async function start(group: string, service: string, image: string): Promise<string> {
  const name = `${group}-${service}`
  await run('docker', ['run', '-d', '--name', name, '--network', group, '--network-alias', service, '-p', '127.0.0.1::8080', image])
  const { stdout } = await run('docker', ['port', name, '8080/tcp'])
  return stdout.trim()
}

async function ask(url: string): Promise<Answer> {
  const giveUpAt = performance.now() + START_DEADLINE
  for (;;) {
    try {
      // A connection to a container that is just starting may be accepted and never answered.
      const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_DEADLINE) })
      return { status: response.status, type: response.headers.get('content-type'), text: await response.text() }
    } catch (error) {
      if (performance.now() > giveUpAt) throw error
      await delay(50)
    }
  }
}
