// The demo's services on Docker: one network, every service under its own name, ports on loopback. Only what was started here is removed.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { dockerHost } from '../setup/docker.mjs'

const run = promisify(execFile)
const env = { ...process.env, DOCKER_HOST: dockerHost }
const docker = async (...args) => (await run('docker', args, { env })).stdout.trim()

/** A network and the containers on it, removed together. */
export class DockerServices {
  #name
  #network = false
  /** @type {Map<string, string>} container name by service */
  #started = new Map()
  /** @type {Promise<unknown>[]} */
  #calls = []

  /** @param {string} name unique on this engine */
  constructor(name) {
    this.#name = name
  }

  /**
   * Starts an image for each service and returns the loopback address of its port 8080.
   * @param {ReadonlyMap<string, string | null>} images image reference by service
   * @returns {Promise<Map<string, string>>}
   */
  async start(images) {
    // What is about to be made is noted first: an interrupt may come while the engine still works on it.
    this.#network = true
    await this.#do(docker('network', 'create', this.#name))
    const started = [...images].map(async ([service, image]) => {
      const name = `${this.#name}-${service}`
      this.#started.set(service, name)
      await this.#do(
        docker(
          'run',
          '--detach',
          '--name',
          name,
          '--network',
          this.#name,
          '--network-alias',
          service,
          '--publish',
          '127.0.0.1::8080',
          image,
        ),
      )
      return [service, `http://${await docker('port', name, '8080/tcp')}`]
    })
    return new Map(await Promise.all(started))
  }

  /** Whether it may still answer: of a container that ended its log tells. */
  runs() {
    return true
  }

  /** What a container has written, for when it does not answer. @param {string} service */
  async log(service) {
    const { stdout, stderr } = await run('docker', ['logs', '--tail', '20', this.#started.get(service) ?? ''], { env })
    return stdout + stderr
  }

  /** Removes what was started; a second call finds nothing to do. */
  async remove() {
    await Promise.allSettled(this.#calls)
    const names = [...this.#started.values()]
    this.#started.clear()
    if (names.length > 0) await docker('rm', '--force', '--volumes', ...names).catch(ignoreAbsent)
    if (!this.#network) return
    this.#network = false
    await docker('network', 'rm', this.#name).catch(ignoreAbsent)
  }

  /** @template T @param {Promise<T>} call @returns {Promise<T>} */
  #do(call) {
    this.#calls.push(call)
    return call
  }
}

/** @param {unknown} error */
function ignoreAbsent(error) {
  if (!/no such/i.test(String(error))) throw error
}
