import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { digestOf, linuxPlatform, systemClock } from '@orchestrate/core'
import type { Builder, BuilderControl, Engine, ImageLoader } from '@orchestrate/execute'
import { answerAndReset, answerJson, answerText, hang, identifyProcess, type ScriptedDaemon, scriptedDaemon } from '@orchestrate/testkit'
import { describe, expect, it } from 'vitest'
import { createDockerEngine } from './docker-engine.ts'

const never = new AbortController().signal
const layer = digestOf('layer')

function connect(daemon: Pick<ScriptedDaemon, 'socketPath'>): Engine & { readonly images: ImageLoader } {
  return createDockerEngine({
    host: { kind: 'unix', socketPath: daemon.socketPath },
    run: identifyProcess('unit'),
    reaperPath: null,
    spoolDirectory: join(tmpdir(), 'orchestrate-never-made'),
    clock: systemClock,
  })
}

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
  limits: { pids: 100 },
  graceMs: 1000,
}

function run(engine: Engine, control: Partial<BuilderControl> = {}): ReturnType<Engine['run']> {
  return engine.run(builder, { stdout: () => undefined, stderr: () => undefined, stop: never, kill: never, ...control })
}

describe('probe', () => {
  it('describes the engine and speaks the newest version that both know', async () => {
    await using daemon = await scriptedDaemon()
    expect(await connect(daemon).probe(never)).toMatchObject({
      ok: true,
      value: {
        version: '20.10.24',
        platform: { os: 'linux', architecture: 'amd64', variant: null },
        summary: 'Docker Engine 20.10.24 (overlay2)',
      },
    })
    expect(daemon.paths).toEqual(['/version', '/v1.41/info'])
  })

  it('never speaks a newer version than it knows', async () => {
    await using daemon = await scriptedDaemon()
    daemon.on('GET /version', answerJson({ Version: '29.0.0', ApiVersion: '1.52', MinAPIVersion: '1.44', Os: 'linux', Arch: 'amd64' }))
    daemon.on('GET /info', answerJson({ Driver: 'overlayfs', DriverStatus: [['driver-type', 'io.containerd.snapshotter.v1']] }))
    expect(await connect(daemon).probe(never)).toMatchObject({
      ok: true,
      value: { summary: 'Docker Engine 29.0.0 (containerd store, overlayfs)' },
    })
    expect(daemon.paths).toEqual(['/version', '/v1.44/info'])
  })

  it.each([
    ['1.40', '1.12'],
    ['1.60', '1.50'],
  ])('refuses an engine that speaks up to %s and from %s', async (newest, oldest) => {
    await using daemon = await scriptedDaemon()
    daemon.on('GET /version', answerJson({ Version: 'X', ApiVersion: newest, MinAPIVersion: oldest, Os: 'linux', Arch: 'amd64' }))
    expect(await connect(daemon).probe(never)).toEqual({
      ok: false,
      error: {
        kind: 'environment',
        id: 'engine/unsupported-version',
        message: `Docker Engine X speaks API ${oldest} to ${newest}, orchestrate speaks 1.41 to 1.44`,
        details: [],
        help: 'use Docker Engine 20.10 or newer',
      },
    })
  })

  it('says that nobody listens', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'orchestrate-nobody-'))
    expect(await connect({ socketPath: join(directory, 'docker.sock') }).probe(never)).toMatchObject({
      ok: false,
      error: { id: 'engine/unreachable', message: `no container engine answers at "unix://${directory}/docker.sock"` },
    })
    rmSync(directory, { recursive: true })
  })

  it('gives a hanging engine five seconds', async () => {
    await using daemon = await scriptedDaemon()
    daemon.on('GET /version', hang)
    expect(await connect(daemon).probe(never)).toMatchObject({
      ok: false,
      error: {
        id: 'engine/timed-out',
        message: `the engine at "unix://${daemon.socketPath}" gave no answer within 5 s while asking for its version`,
      },
    })
  })

  it.each([
    ['an error', answerJson({ message: 'client version 1.99 is too new' }, 400), 'engine/refused'],
    ['a web page', answerText('<html></html>'), 'engine/unexpected-answer'],
    ['something else', answerJson({ hello: 'world' }), 'engine/unexpected-answer'],
    ['half an answer', answerAndReset('{"Version":'), 'engine/lost'],
  ])('understands %s', async (_, handler, id) => {
    await using daemon = await scriptedDaemon()
    daemon.on('GET /version', handler)
    expect(await connect(daemon).probe(never)).toMatchObject({ ok: false, error: { id } })
  })

  it('asks again after a failure', async () => {
    await using daemon = await scriptedDaemon()
    const engine = connect(daemon)
    daemon.on('GET /version', answerJson({}, 500))
    expect((await engine.probe(never)).ok).toBe(false)
    daemon.on('GET /version', answerJson({ Version: '1', ApiVersion: '1.41', Os: 'linux', Arch: 'amd64' }))
    expect((await engine.probe(never)).ok).toBe(true)
  })
})

describe('run', () => {
  it('attaches and waits before it starts', async () => {
    await using daemon = await scriptedDaemon()
    haveImage(daemon)
    Object.assign(daemon.container, { stdout: 'hello', code: 3 })
    let stdout = ''
    const result = await run(connect(daemon), { stdout: (chunk) => (stdout += Buffer.from(chunk).toString('utf8')) })
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
    expect(await run(connect(daemon))).toEqual({
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
    expect(await run(connect(daemon))).toMatchObject({
      ok: false,
      error: { id: 'engine/builder-removed', message: 'somebody removed the container of builder "api:build" while it ran' },
    })
  })

  it('takes the reason of a command that cannot be started from the code that the engine gave it', async () => {
    await using daemon = await scriptedDaemon()
    haveImage(daemon)
    daemon.on('POST /containers/ID/start', answerJson({ message: 'exec: "nope": executable file not found in $PATH' }, 400))
    daemon.on('GET /containers/ID/json', answerJson({ State: { ExitCode: 127 } }))
    expect(await run(connect(daemon))).toMatchObject({
      ok: true,
      value: { code: 127, startError: 'exec: "nope": executable file not found in $PATH' },
    })
  })

  it('reports a start that the engine refused for another reason', async () => {
    await using daemon = await scriptedDaemon()
    haveImage(daemon)
    daemon.on('POST /containers/ID/start', answerJson({ message: 'no space left on device' }, 500))
    expect(await run(connect(daemon))).toMatchObject({
      ok: false,
      error: { id: 'engine/refused', message: 'the engine refused while running builder "api:build": no space left on device' },
    })
  })

  it('says that the image is gone', async () => {
    await using daemon = await scriptedDaemon()
    expect(await run(connect(daemon))).toMatchObject({
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
    expect(await run(connect(daemon))).toMatchObject({ ok: false, error: { id: 'engine/image-changed' } })
  })

  it('removes a container of its name that an unanswered call left', async () => {
    await using daemon = await scriptedDaemon()
    haveImage(daemon)
    let creations = 0
    daemon.on('POST /containers/create', (request, response) => {
      creations += 1
      answerJson(creations === 1 ? { message: 'in use' } : { Id: 'ID' }, creations === 1 ? 409 : 201)(request, response)
    })
    expect(await run(connect(daemon))).toMatchObject({ ok: true, value: { code: 0 } })
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
    expect(await run(connect(daemon), { kill: kill.signal })).toMatchObject({ ok: false, error: { id: 'engine/lost' } })
  })

  it('copies views where the engine lays no overlay over them', async () => {
    await using daemon = await scriptedDaemon()
    haveImage(daemon)
    const source = mkdtempSync(join(tmpdir(), 'orchestrate-view-'))
    let starts = 0
    const start = answerText('', 204)
    daemon.on('PUT /containers/ID/archive', answerText('', 200))
    daemon.on('POST /containers/ID/start', (request, response) => {
      starts += 1
      if (starts === 1) answerJson({ message: 'error while mounting volume' }, 500)(request, response)
      else start(request, response)
    })
    daemon.on('POST /containers/ID/wait', (request, response) =>
      starts === 0 ? response.flushHeaders() : answerJson({ StatusCode: 0 })(request, response),
    )
    const mounts = [{ source, kind: 'directory', to: '/workspace', access: 'throw-away' }] as const
    const pending = connect(daemon).run(
      { ...builder, mounts },
      { stdout: () => undefined, stderr: () => undefined, stop: never, kill: AbortSignal.timeout(60_000) },
    )
    expect(await Promise.race([pending.then(() => 'ended'), untilCalled(daemon, 'PUT /containers/ID/archive').then(() => 'copied')])).toBe(
      'copied',
    )
    rmSync(source, { recursive: true })
  })
})

/** Resolves when a call has come in; looks at every turn of the event loop, not at times. */
async function untilCalled(daemon: ScriptedDaemon, call: string): Promise<void> {
  while (!daemon.calls.includes(call)) await new Promise((resolve) => setImmediate(resolve))
}

describe('close', () => {
  it('asks for nothing when nothing was made', async () => {
    await using daemon = await scriptedDaemon()
    await connect(daemon).close()
    expect(daemon.calls).toEqual([])
  })
})

async function* archive(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('tar')
}

describe('loading images', () => {
  it.each([
    ['accepts', answerText('{"stream":"Loaded image: a:1\\n"}\n'), { accepted: true, message: 'Loaded image: a:1' }],
    [
      'takes an error line behind a 200 for a refusal',
      answerText('{"stream":"x"}\n{"error":"no such layer"}\n'),
      { accepted: false, message: 'no such layer' },
    ],
    [
      'takes an error status for a refusal',
      answerJson({ message: 'open layer.tar: no such file' }, 500),
      { accepted: false, message: 'open layer.tar: no such file' },
    ],
  ])('%s', async (_, handler, value) => {
    await using daemon = await scriptedDaemon()
    daemon.on('POST /images/load', handler)
    expect(await connect(daemon).images.load(archive(), never)).toEqual({ ok: true, value })
  })

  it.each([
    ['an answer without a last word', answerText(''), 'engine/unexpected-answer'],
    ['an answer that breaks off', answerAndReset('{"stream":'), 'engine/lost'],
  ])('takes %s for an error', async (_, handler, id) => {
    await using daemon = await scriptedDaemon()
    daemon.on('POST /images/load', handler)
    expect(await connect(daemon).images.load(archive(), never)).toMatchObject({ ok: false, error: { id } })
  })

  it('passes on what is wrong with the archive itself', async () => {
    await using daemon = await scriptedDaemon()
    daemon.on('POST /images/load', hang)
    const damage = new Error('blob damaged')
    async function* damaged(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('begin')
      throw damage
    }
    await expect(connect(daemon).images.load(damaged(), never)).rejects.toBe(damage)
  })

  it('counts the layers that the classic store shares with some image', async () => {
    await using daemon = await scriptedDaemon()
    const layers = ['a', 'b', 'c'].map((name) => digestOf(name))
    daemon.on('GET /images/json', answerJson([{ Id: 'one' }, { Id: 'two' }, { Id: 'gone' }]))
    daemon.on('GET /images/one/json', answerJson({ RootFS: { Layers: [layers[0], digestOf('x')] } }))
    daemon.on('GET /images/two/json', answerJson({ RootFS: { Layers: [layers[0], layers[1]] } }))
    expect(await connect(daemon).images.countPresentLayers(layers, never)).toEqual({ ok: true, value: 2 })
  })

  it('counts none in the containerd store', async () => {
    await using daemon = await scriptedDaemon()
    daemon.on('GET /info', answerJson({ Driver: 'overlayfs', DriverStatus: [['driver-type', 'io.containerd.snapshotter.v1']] }))
    expect(await connect(daemon).images.countPresentLayers([layer], never)).toEqual({ ok: true, value: 0 })
  })

  it('names an image on a registry with a port', async () => {
    await using daemon = await scriptedDaemon()
    daemon.on('POST /images/sha256%3Aimage/tag', answerText('', 201))
    expect(await connect(daemon).images.tag('sha256:image', 'localhost:5000/shop/api:v1', never)).toEqual({ ok: true, value: undefined })
    expect(daemon.paths.at(-1)).toBe('/v1.41/images/sha256%3Aimage/tag?repo=localhost%3A5000%2Fshop%2Fapi&tag=v1')
  })
})
