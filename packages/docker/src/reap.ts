import { request } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'

/** What a reaper is told on its first line of input, as JSON. */
export interface ReaperOrder {
  readonly socketPath: string
  readonly runId: string
}

const RUN_LABEL = 'dev.orchestrate.run'
const DEADLINE = 9_000
const PAUSE = 200

/**
 * Waits for the end of `input`. If the line `done` came before it, nothing is left to do; otherwise the run died, and all its
 * containers and volumes are removed. A call that the engine was still working on may add some, so it goes on until two
 * looks found nothing, for 9 seconds at most. Never throws: nobody would read it.
 */
export async function reap(input: AsyncIterable<Buffer | string>): Promise<void> {
  let text = ''
  for await (const chunk of input) text += String(chunk)
  const [first = '', second] = text.split('\n')
  if (second === 'done' || first === '') return
  await removeAll(JSON.parse(first) as ReaperOrder)
}

async function removeAll({ socketPath, runId }: ReaperOrder): Promise<void> {
  const deadline = performance.now() + DEADLINE
  let quiet = 0
  while (quiet < 2 && performance.now() < deadline) {
    const removed = await removeOnce(socketPath, runId).catch(() => 1)
    quiet = removed === 0 ? quiet + 1 : 0
    await delay(PAUSE)
  }
}

/** Gives how many things it found. */
async function removeOnce(socketPath: string, runId: string): Promise<number> {
  const filters = encodeURIComponent(JSON.stringify({ label: [`${RUN_LABEL}=${runId}`] }))
  const containers = (await call(socketPath, 'GET', `/containers/json?all=true&filters=${filters}`)) as readonly { readonly Id: string }[]
  await Promise.all(containers.map(({ Id }) => call(socketPath, 'DELETE', `/containers/${Id}?force=true&v=true`)))
  const { Volumes } = (await call(socketPath, 'GET', `/volumes?filters=${filters}`)) as {
    readonly Volumes: readonly { readonly Name: string }[] | null
  }
  await Promise.all((Volumes ?? []).map(({ Name }) => call(socketPath, 'DELETE', `/volumes/${Name}?force=true`)))
  return containers.length + (Volumes ?? []).length
}

/** Without a version in the path: every engine answers that. */
function call(socketPath: string, method: string, path: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const ask = request({ socketPath, method, path, timeout: 3_000 }, (answer) => {
      let text = ''
      answer.setEncoding('utf8')
      answer.on('data', (chunk: string) => (text += chunk))
      answer.on('error', reject)
      answer.on('end', () => resolve(text === '' ? null : JSON.parse(text)))
    })
    ask.on('error', reject)
    ask.on('timeout', () => ask.destroy(new Error('timed out')))
    ask.end()
  })
}
