import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { ask } from './ask.ts'
import type { Example } from './example.ts'
import type { RunningServices } from './running-services.ts'

/** Services that `orchestrate run` has started without Docker. */
export interface EmbeddedServices extends RunningServices {
  /** Interrupts all of them, and waits for their end. @returns their exit codes, in order */
  stop(): Promise<readonly (number | null)[]>
}

/** Starts what an example's last apply has emitted: each service at a loopback port of its own, and told where the others are. */
export async function startEmbeddedServices(example: Example, services: readonly string[]): Promise<EmbeddedServices> {
  const ports = await freePorts(services.length)
  const addresses = new Map(services.map((service, index) => [service, `http://127.0.0.1:${ports[index]}`]))
  const peers = [...addresses].map(([service, address]) => `${service.toUpperCase()}_URL=${address}`)
  const running = services.map((service, index) => {
    const variables = ['HOST=127.0.0.1', `PORT=${ports[index]}`, ...peers].flatMap((variable) => ['--env', variable])
    const child = example.start('run', service, '--no-build', '--engine', 'embedded', ...variables)
    return { child, ended: once(child, 'close') as Promise<[number | null]> }
  })
  const stop = async () => {
    for (const { child } of running) child.kill('SIGINT')
    return (await Promise.all(running.map(({ ended }) => ended))).map(([code]) => code)
  }
  return {
    get: (service, path) => ask(`${addresses.get(service) ?? service}${path}`),
    stop,
    [Symbol.asyncDispose]: async () => void (await stop()),
  }
}

/** Ports of loopback that nobody listens at, each another. */
async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map((server) => once(server.close(), 'close')))
  return ports
}
