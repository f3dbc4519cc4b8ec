import { digestOf, linuxPlatform } from '@orchestrate/core'
import type { BuilderControl, EmittedImage, ImageRun, PublishedPort } from '@orchestrate/execute'
import { answerAndReset, answerJson, connectTo, identifyProcess, type ScriptedDaemon, scriptedDaemon } from '@orchestrate/testkit'
import { describe, expect, it } from 'vitest'

const never = new AbortController().signal
const config = Buffer.from(JSON.stringify({ config: { Entrypoint: ['/api'], ExposedPorts: { '8080/tcp': {}, '53/udp': {} } } }))

const image: EmittedImage = {
  platform: linuxPlatform('x64'),
  manifest: { digest: digestOf('manifest'), bytes: Buffer.from('manifest') },
  config: { digest: digestOf('config'), bytes: config },
  layers: [],
  bytes: 1,
  stored: { manifest: digestOf('manifest'), config: digestOf('config'), layers: [], bytes: 1 },
}

const request: ImageRun = {
  run: identifyProcess('unit'),
  service: 'api',
  image,
  reference: 'shop/api:latest',
  args: null,
  env: new Map(),
  graceMs: 1000,
  onStarted: () => undefined,
}

const inspected = { Id: 'sha256:image', Os: 'linux', Architecture: 'amd64', Size: 1, RootFS: { Layers: [] }, Config: {} }

function haveImage(daemon: ScriptedDaemon, id: string): void {
  daemon.on(`GET /images/${encodeURIComponent(id)}/json`, answerJson(inspected))
}

function run(daemon: ScriptedDaemon, fields: Partial<ImageRun> = {}, control: Partial<BuilderControl> = {}) {
  const io = { stdout: () => undefined, stderr: () => undefined, stop: never, kill: never }
  return connectTo(daemon).runner.run({ ...request, ...fields }, { ...io, ...control })
}

/** Notes the body of the create call. */
function noteCreation(daemon: ScriptedDaemon): { body: unknown } {
  const noted: { body: unknown } = { body: null }
  daemon.on('POST /containers/create', (sent, response) => {
    const chunks: Buffer[] = []
    sent.on('data', (chunk: Buffer) => chunks.push(chunk))
    sent.on('end', () => {
      noted.body = JSON.parse(Buffer.concat(chunks).toString('utf8'))
      answerJson({ Id: 'ID' }, 201)(sent, response)
    })
  })
  return noted
}

describe('running an image', () => {
  it('creates a labelled container with its ports on loopback, follows it to its end, and removes it', async () => {
    await using daemon = await scriptedDaemon()
    haveImage(daemon, image.config.digest)
    const created = noteCreation(daemon)
    Object.assign(daemon.container, { stdout: 'listening\n', code: 3 })
    let stdout = ''
    const result = await run(
      daemon,
      { args: ['--verbose'], env: new Map([['PORT', '8080']]) },
      { stdout: (chunk) => (stdout += Buffer.from(chunk).toString('utf8')) },
    )
    expect(result).toEqual({ ok: true, value: { code: 3, outOfMemory: false, stopped: false, startError: null } })
    expect(stdout).toBe('listening\n')
    expect(created.body).toMatchObject({
      Image: 'sha256:image',
      Cmd: ['--verbose'],
      Env: ['PORT=8080'],
      Hostname: 'api',
      Labels: { 'dev.orchestrate.run': 'unit', 'dev.orchestrate.target': 'api:image' },
      HostConfig: {
        PortBindings: { '53/udp': [{ HostIp: '127.0.0.1', HostPort: '' }], '8080/tcp': [{ HostIp: '127.0.0.1', HostPort: '' }] },
        LogConfig: { Type: 'none' },
      },
    })
    expect(daemon.calls.at(-1)).toBe('DELETE /containers/ID')
  })

  it("keeps the image's own command without arguments", async () => {
    await using daemon = await scriptedDaemon()
    haveImage(daemon, image.config.digest)
    const created = noteCreation(daemon)
    await run(daemon)
    expect(Object.keys(created.body as object)).not.toContain('Cmd')
  })

  it('says where each port is, once the process runs', async () => {
    await using daemon = await scriptedDaemon()
    haveImage(daemon, image.config.digest)
    const Ports = { '8080/tcp': [{ HostIp: '127.0.0.1', HostPort: '49153' }], '53/udp': null }
    daemon.on('GET /containers/ID/json', answerJson({ Id: 'ID', State: { ExitCode: 0 }, NetworkSettings: { Ports } }))
    const said: (readonly PublishedPort[])[] = []
    await run(daemon, { onStarted: (ports) => said.push(ports) })
    expect(said).toEqual([[{ port: '8080/tcp', address: '127.0.0.1:49153' }]])
  })

  it('finds the image by its manifest where the engine names images so', async () => {
    await using daemon = await scriptedDaemon()
    haveImage(daemon, image.manifest.digest)
    expect(await run(daemon)).toMatchObject({ ok: true, value: { code: 0 } })
  })

  it('says that the engine does not have the image', async () => {
    await using daemon = await scriptedDaemon()
    expect(await run(daemon)).toMatchObject({
      ok: false,
      error: {
        id: 'engine/image-missing',
        message: `the engine has no image "shop/api:latest" with the digest ${image.manifest.digest}`,
      },
    })
  })

  it('tells a command that cannot be started from an engine that refuses, and removes the container in both cases', async () => {
    await using daemon = await scriptedDaemon()
    haveImage(daemon, image.config.digest)
    daemon.on('POST /containers/ID/start', answerJson({ message: 'exec: "/api": no such file' }, 400))
    daemon.on('GET /containers/ID/json', answerJson({ Id: 'ID', State: { ExitCode: 127 } }))
    expect(await run(daemon)).toEqual({
      ok: true,
      value: { code: 127, outOfMemory: false, stopped: false, startError: 'exec: "/api": no such file' },
    })
    daemon.on('GET /containers/ID/json', answerJson({ Id: 'ID', State: { ExitCode: 128 } }))
    expect(await run(daemon)).toMatchObject({ ok: false, error: { id: 'engine/refused' } })
    expect(daemon.calls.filter((call) => call === 'DELETE /containers/ID')).toHaveLength(2)
  })

  it('takes a wait that breaks for a lost engine', async () => {
    await using daemon = await scriptedDaemon()
    haveImage(daemon, image.config.digest)
    daemon.on('POST /containers/ID/wait', answerAndReset(''))
    expect(await run(daemon)).toMatchObject({
      ok: false,
      error: { id: 'engine/lost', message: 'the engine was lost while image "shop/api:latest" ran' },
    })
  })

  it('makes nothing when it is stopped before it begins', async () => {
    await using daemon = await scriptedDaemon()
    expect(await run(daemon, {}, { stop: AbortSignal.abort() })).toMatchObject({ ok: true, value: { code: 143, stopped: true } })
    expect(daemon.calls).toEqual([])
  })
})
