// The demo's services without Docker: each an `orchestrate run` on the machine's network, at a loopback port of its own.
import { spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { orchestrate } from '../setup/bundle.mjs'

/** Processes that end together. */
export class EmbeddedServices {
  #directory
  #environment
  #closed = false
  /** @type {Map<string, {child: import('node:child_process').ChildProcess, ended: Promise<void>, output: string}>} by service */
  #started = new Map()

  /** @param {string} directory of the workspace @param {NodeJS.ProcessEnv} environment of orchestrate */
  constructor(directory, environment) {
    this.#directory = directory
    this.#environment = environment
  }

  /**
   * Starts the image of each service and returns where it will listen; each is told where the others are.
   * @param {ReadonlyMap<string, string | null>} images by service, as the store has them
   * @returns {Promise<Map<string, string>>}
   */
  async start(images) {
    const services = [...images.keys()]
    const ports = await freePorts(services.length)
    const addresses = new Map(services.map((service, index) => [service, `http://127.0.0.1:${ports[index]}`]))
    const peers = [...addresses].map(([service, address]) => `${service.toUpperCase()}_URL=${address}`)
    for (const [index, service] of services.entries()) this.#run(service, ['HOST=127.0.0.1', `PORT=${ports[index]}`, ...peers])
    return addresses
  }

  /** Whether it may still answer. @param {string} service */
  runs(service) {
    const child = this.#started.get(service)?.child
    return child !== undefined && child.exitCode === null && child.signalCode === null
  }

  /** What a service has written, for when it does not answer. @param {string} service */
  async log(service) {
    return this.#started.get(service)?.output.split('\n').slice(-20).join('\n') ?? ''
  }

  /** Stops what was started, and nothing more is; settles when all has ended. */
  async remove() {
    this.#closed = true
    const started = [...this.#started.values()]
    for (const { child } of started) child.kill('SIGTERM')
    await Promise.all(started.map(({ ended }) => ended))
  }

  /** @param {string} service @param {readonly string[]} variables */
  #run(service, variables) {
    if (this.#closed) return
    const args = ['run', service, '--no-build', ...variables.flatMap((variable) => ['--env', variable])]
    // Out of the terminal's reach: its Ctrl-C comes to us, and we stop all. The kernel stops them should we be killed.
    const child = spawn('setpriv', ['--pdeathsig', 'TERM', process.execPath, orchestrate, ...args], {
      cwd: this.#directory,
      env: this.#environment,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    const ended = new Promise((resolve) => child.once('error', resolve).once('close', resolve))
    const running = { child, ended, output: '' }
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => (running.output = `${running.output}${text}`.slice(-100_000)))
    }
    this.#started.set(service, running)
  }
}

/**
 * Ports of loopback that nobody listens at, each another.
 * @param {number} count
 * @returns {Promise<number[]>}
 */
async function freePorts(count) {
  const servers = await Promise.all(Array.from({ length: count }, listenAnywhere))
  const ports = servers.map((server) => server.address().port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}

/** @returns {Promise<import('node:net').Server>} */
function listenAnywhere() {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject).listen(0, '127.0.0.1', () => resolve(server))
  })
}
