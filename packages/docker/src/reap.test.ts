import { answerJson, type ScriptedDaemon, scriptedDaemon } from '@orchestrate/testkit'
import { describe, expect, it } from 'vitest'
import { reap } from './reap.ts'

async function* say(...lines: readonly string[]): AsyncGenerator<string> {
  yield* lines
}

/** Holds one container and one volume until they are removed. */
function holdTwoThings(daemon: ScriptedDaemon): void {
  daemon.on('GET /containers/json', (request, response) => {
    const removed = daemon.calls.includes('DELETE /containers/c1')
    answerJson(removed ? [] : [{ Id: 'c1' }])(request, response)
  })
  daemon.on('GET /volumes', (request, response) => {
    const removed = daemon.calls.includes('DELETE /volumes/v1')
    answerJson({ Volumes: removed ? null : [{ Name: 'v1' }] })(request, response)
  })
  daemon.on('DELETE /containers/c1', answerJson(null, 200))
  daemon.on('DELETE /volumes/v1', answerJson(null, 200))
}

describe('reap', () => {
  it('removes what a run left when its end comes without a goodbye, and looks until nothing more comes', async () => {
    await using daemon = await scriptedDaemon()
    holdTwoThings(daemon)
    await reap(say(`${JSON.stringify({ socketPath: daemon.socketPath, runId: 'r1' })}\n`))
    const look = ['GET /containers/json', 'GET /volumes']
    expect(daemon.calls).toEqual(['GET /containers/json', 'DELETE /containers/c1', 'GET /volumes', 'DELETE /volumes/v1', ...look, ...look])
    expect(decodeURIComponent(daemon.paths[0] ?? '')).toBe('/containers/json?all=true&filters={"label":["dev.orchestrate.run=r1"]}')
  })

  it('touches nothing after a goodbye', async () => {
    await using daemon = await scriptedDaemon()
    await reap(say(`${JSON.stringify({ socketPath: daemon.socketPath, runId: 'r1' })}\n`, 'done\n'))
    expect(daemon.calls).toEqual([])
  })

  it('touches nothing without an order', async () => {
    await expect(reap(say())).resolves.toBeUndefined()
  })
})
