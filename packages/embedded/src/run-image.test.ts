import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ok } from '@orchestrate/core'
import type { ImageRun, PublishedPort } from '@orchestrate/execute'
import { identifyProcess } from '@orchestrate/testkit'
import { handMadeTar } from '../test/hand-made-tar.ts'
import { imageOf, never, temporaryRoots, type TemporaryRoots } from '../test/temporary-roots.ts'
import { homeOf } from './home-of.ts'
import { createImageRunner, type ImageContainer } from './run-image.ts'

const CONFIG = { Entrypoint: ['/api'], Cmd: ['serve'], WorkingDir: '/srv', User: 'web', ExposedPorts: { '8080/tcp': {}, '53/udp': {} } }
const TAR = handMadeTar(
  { name: 'api', mode: 0o755, content: 'api' },
  { name: 'etc/passwd', content: 'root:x:0:0::/root:\nweb:x:1000:1000::/home/web:\n' },
)

function requestOf(config: object, fields: Partial<ImageRun> = {}): ImageRun {
  const image = { ...imageOf(TAR), config: { ...imageOf().config, bytes: Buffer.from(JSON.stringify({ config })) } }
  return {
    run: identifyProcess('unit'),
    service: 'api',
    image,
    reference: 'shop/api',
    args: null,
    env: new Map(),
    graceMs: 1000,
    onStarted: () => undefined,
    ...fields,
  }
}

/** A runner whose containers end at once with code 3, and what it was asked to run. */
function runnerFor(temporary: TemporaryRoots) {
  const containers: ImageContainer[] = []
  const runner = createImageRunner({
    roots: temporary.roots,
    runContainer: async (container) => {
      containers.push(container)
      container.onStarted()
      return ok({ code: 3, outOfMemory: false, stopped: false, startError: null })
    },
  })
  return { runner, containers }
}

const control = { stdout: () => undefined, stderr: () => undefined, stop: never, kill: never }

describe('an image', () => {
  it('runs as it says, over its own files, its ports where they are', async () => {
    using temporary = temporaryRoots()
    const { runner, containers } = runnerFor(temporary)
    const said: (readonly PublishedPort[])[] = []
    const request = requestOf(CONFIG, { env: new Map([['PORT', '8080']]), onStarted: (ports) => said.push(ports) })
    expect(await runner.run(request, control)).toEqual({
      ok: true,
      value: { code: 3, outOfMemory: false, stopped: false, startError: null },
    })
    const [container] = containers
    expect({ ...container, root: readFileSync(join(container?.root.path ?? '', 'api'), 'utf8'), onStarted: null }).toEqual({
      run: request.run,
      name: 'api:image',
      root: 'api',
      argv: ['/api', 'serve'],
      env: new Map([
        ['HOME', '/home/web'],
        ['PATH', '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
        ['HOSTNAME', 'api'],
        ['PORT', '8080'],
      ]),
      workdir: '/srv',
      user: 'web',
      hostname: 'api',
      graceMs: 1000,
      onStarted: null,
    })
    expect(said).toEqual([
      [
        { port: '53/udp', address: '127.0.0.1:53' },
        { port: '8080/tcp', address: '127.0.0.1:8080' },
      ],
    ])
  })

  it('without a command is not started', async () => {
    using temporary = temporaryRoots()
    const { runner, containers } = runnerFor(temporary)
    expect(await runner.run(requestOf({}), control)).toEqual({
      ok: true,
      value: { code: 127, outOfMemory: false, stopped: false, startError: 'no command specified' },
    })
    expect(containers).toEqual([])
  })

  it('is unpacked again when somebody has changed it', async () => {
    using temporary = temporaryRoots()
    const first = runnerFor(temporary)
    await first.runner.run(requestOf(CONFIG), control)
    const path = join(first.containers[0]?.root.path ?? '', 'api')
    appendFileSync(path, ' and more')
    const second = runnerFor({ ...temporary, roots: temporary.open() })
    await second.runner.run(requestOf(CONFIG), control)
    expect(second.containers).toHaveLength(1)
    expect(readFileSync(path, 'utf8')).toBe('api')
  })

  it('is not started when the run was stopped before', async () => {
    using temporary = temporaryRoots()
    const { runner, containers } = runnerFor(temporary)
    const stopped = { code: 143, outOfMemory: false, stopped: true, startError: null }
    expect(await runner.run(requestOf(CONFIG), { ...control, stop: AbortSignal.abort() })).toEqual({ ok: true, value: stopped })
    expect(await runner.run(requestOf(CONFIG), { ...control, kill: AbortSignal.abort() })).toEqual({ ok: true, value: stopped })
    expect(containers).toEqual([])
    expect(temporary.kept()).toEqual([])
  })

  it('that cannot be unpacked is the error of its unpacking', async () => {
    using temporary = temporaryRoots()
    const { runner } = runnerFor(temporary)
    const request = requestOf(CONFIG)
    const image = { ...request.image, layers: imageOf(handMadeTar({ name: '../x' })).layers }
    expect(await runner.run({ ...request, image }, control)).toMatchObject({ ok: false, error: { id: 'embedded/hostile-archive' } })
  })
})

it.each([
  [null, '/root'],
  ['0', '/root'],
  ['web', '/home/web'],
  ['1000:0', '/home/web'],
  ['65532', '/'],
  ['odd', '/'],
])('%s is at home in %s', (user, home) => {
  expect(homeOf(user, 'root:x:0:0:root:/root:/bin/sh\nweb:x:1000:1000::/home/web:\nodd:x:7:7::relative:\n')).toBe(home)
})
