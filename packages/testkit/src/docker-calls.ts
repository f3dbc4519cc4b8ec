import { request } from 'node:http'

/** The local engine that Docker tests use. */
export const DOCKER_SOCKET = '/var/run/docker.sock'

/** One plain call of the Docker Engine API, independent of the code under test; the parsed answer, or null when it is empty. */
export function callDocker(method: string, path: string, socketPath = DOCKER_SOCKET): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, method, path }, (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('error', reject)
      answer.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8')
        resolve(text === '' ? null : JSON.parse(text))
      })
    })
    call.on('error', reject)
    call.end()
  })
}

/** Names of the containers and volumes that carry a run's label, sorted. */
export async function dockerLeftovers(runId: string): Promise<readonly string[]> {
  const filters = encodeURIComponent(JSON.stringify({ label: [`dev.orchestrate.run=${runId}`] }))
  const containers = (await callDocker('GET', `/containers/json?all=true&filters=${filters}`)) as readonly {
    readonly Names: readonly string[]
  }[]
  const { Volumes } = (await callDocker('GET', `/volumes?filters=${filters}`)) as {
    readonly Volumes: readonly { readonly Name: string }[] | null
  }
  return [...containers.flatMap(({ Names }) => Names.map((name) => name.slice(1))), ...(Volumes ?? []).map(({ Name }) => Name)].toSorted()
}
