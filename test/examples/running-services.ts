import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { type Answer, ask } from './ask.ts'

const run = promisify(execFile)

/** Services that run on a network of their own, each reachable by the others under its name. */
export interface RunningServices extends AsyncDisposable {
  /** Asks a service for a path until it listens; any status is an answer. */
  get(service: string, path: string): Promise<Answer>
}

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
