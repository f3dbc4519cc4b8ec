import { digestOf, linuxPlatform } from '@orchestrate/core'
import type { Builder, BuilderControl, Engine } from '@orchestrate/execute'
import {
  connectTo,
  answerAndReset,
  answerJson,
  answerText,
  hang,
  identifyProcess,
  type ScriptedDaemon,
  scriptedDaemon,
} from '@orchestrate/testkit'
import { describe, expect, it } from 'vitest'

const never = new AbortController().signal
const layer = digestOf('layer')

function haveImage(daemon: ScriptedDaemon): void {
  const image = { Id: 'sha256:image', Os: 'linux', Architecture: 'amd64', Size: 1, RootFS: { Layers: [layer] }, Config: {} }
  daemon.on('GET /images/sha256%3Aimage/json', answerJson(image))
}

const builder: Builder = {
  id: 'api:build',
  run: identifyProcess('unit'),
  root: {
    identity: digestOf('root'),
    platform: linuxPlatform('x64'),
    env: new Map(),
    user: null,
    workdir: null,
    size: 1,
    content: { kind: 'engine-image', id: 'sha256:image', reference: 'tools:1', diffIds: [layer] },
  },
  argv: ['sh', '-c', 'true'],
  env: new Map(),
  workdir: '/',
  user: null,
  hostname: 'builder',
  mounts: [],
  caches: [],
  network: 'off',
  certificates: null,
  limits: { pids: 100, memory: null, cpus: null },
  graceMs: 1000,
}

function run(engine: Engine, control: Partial<BuilderControl> = {}): ReturnType<Engine['run']> {
  return engine.run(builder, { stdout: () => undefined, stderr: () => undefined, stop: never, kill: never, ...control })
}

describe('run', () => {
  it('attaches and waits before it starts', async () => {
    await using daemon = await scriptedDaemon()
    haveImage(daemon)
    Object.assign(daemon.container, { stdout: 'hello', code: 3 })
    let stdout = ''
    const result = await run(connectTo(daemon), { stdout: (chunk) => (stdout += Buffer.from(chunk).toString('utf8')) })
    expect(result).toMatchObject({ ok: true, value: { code: 3, stopped: false, outOfMemory: false, startError: null } })
    expect(stdout).toBe('hello')
    const calls = daemon.calls.filter((call) => /attach|wait|start/.test(call))
    expect([calls.slice(0, 2).toSorted(), calls[2]]).toEqual([
      ['POST /containers/ID/attach', 'POST /containers/ID/wait'],
      'POST /containers/ID/start',
    ])
  })

  it.each([
    ['breaks', answerAndReset('')],
    ['ends without an answer', answerText('')],
    ['ends inside its answer', answerText('{"StatusCode":')],
  ])('never takes a wait that %s for an end', async (_, handler) => {
    await using daemon = await scriptedDaemon()
    haveImage(daemon)
    daemon.on('POST /containers/ID/wait', handler)
    expect(await run(connectTo(daemon))).toEqual({
      ok: false,
      error: {
        kind: 'environment',
        id: 'engine/lost',
        message: 'the engine was lost while builder "api:build" ran',
        details: [],
        help: 'start the engine again and repeat the command',
      },
    })
    expect(daemon.calls).toContain('DELETE /containers/ID')
  })

  it('says when somebody removed the container', async () => {
    await using daemon = await scriptedDaemon()
    haveImage(daemon)
    daemon.on('GET /containers/ID/json', answerJson({ message: 'No such container' }, 404))
    expect(await run(connectTo(daemon))).toMatchObject({
      ok: false,
      error: { id: 'engine/builder-removed', message: 'somebody removed the container of builder "api:build" while it ran' },
    })
  })

  it('takes a builder for removed that is killed on its way out', async () => {
    await using daemon = await scriptedDaemon()
    haveImage(daemon)
    daemon.container.code = 137
    daemon.on('GET /containers/ID/json', answerJson({ State: { Status: 'removing', OOMKilled: false, ExitCode: 137 } }))
    expect(await run(connectTo(daemon))).toMatchObject({ ok: false, error: { id: 'engine/builder-removed' } })
  })

  it('takes the reason of a command that cannot be started from the code that the engine gave it', async () => {
    await using daemon = await scriptedDaemon()
    haveImage(daemon)
    daemon.on('POST /containers/ID/start', answerJson({ message: 'exec: "nope": executable file not found in $PATH' }, 400))
    daemon.on('GET /containers/ID/json', answerJson({ State: { ExitCode: 127 } }))
    expect(await run(connectTo(daemon))).toMatchObject({
      ok: true,
      value: { code: 127, startError: 'exec: "nope": executable file not found in $PATH' },
    })
  })

  it('reports a start that the engine refused for another reason', async () => {
    await using daemon = await scriptedDaemon()
    haveImage(daemon)
    daemon.on('POST /containers/ID/start', answerJson({ message: 'no space left on device' }, 500))
    expect(await run(connectTo(daemon))).toMatchObject({
      ok: false,
      error: { id: 'engine/refused', message: 'the engine refused while running builder "api:build": no space left on device' },
    })
  })

  it('says that the image is gone', async () => {
    await using daemon = await scriptedDaemon()
    expect(await run(connectTo(daemon))).toMatchObject({
      ok: false,
      error: {
        id: 'engine/image-missing',
        message: 'the engine no longer has the image "tools:1"',
        help: 'pull the image again, or run: orchestrate lock',
      },
    })
  })

  it('says that the image is another one', async () => {
    await using daemon = await scriptedDaemon()
    const other = { Id: 'sha256:image', Os: 'linux', Architecture: 'amd64', Size: 1, RootFS: { Layers: [digestOf('other')] }, Config: {} }
    daemon.on('GET /images/sha256%3Aimage/json', answerJson(other))
    expect(await run(connectTo(daemon))).toMatchObject({ ok: false, error: { id: 'engine/image-changed' } })
  })

  it('removes a container of its name that an unanswered call left', async () => {
    await using daemon = await scriptedDaemon()
    haveImage(daemon)
    let creations = 0
    daemon.on('POST /containers/create', (request, response) => {
      creations += 1
      answerJson(creations === 1 ? { message: 'in use' } : { Id: 'ID' }, creations === 1 ? 409 : 201)(request, response)
    })
    expect(await run(connectTo(daemon))).toMatchObject({ ok: true, value: { code: 0 } })
    expect(daemon.calls.filter((call) => call.includes('create') || call.includes('DELETE'))).toEqual([
      'POST /containers/create',
      'DELETE /containers/ID',
      'POST /containers/create',
    ])
  })

  it('gives up on a killed builder whose engine hangs', async () => {
    await using daemon = await scriptedDaemon()
    haveImage(daemon)
    const kill = new AbortController()
    daemon.on('POST /containers/ID/kill', hang)
    daemon.on('POST /containers/ID/start', (request, response) => {
      answerText('', 204)(request, response)
      kill.abort()
    })
    expect(await run(connectTo(daemon), { kill: kill.signal })).toMatchObject({ ok: false, error: { id: 'engine/lost' } })
  })
})
