import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { systemClock } from '@orchestrate/core'
import { createDockerEngine } from '@orchestrate/docker'
import type { EmittedImage, ImageLoader } from '@orchestrate/execute'
import { loaderSink } from '@orchestrate/image'
import { callDocker, DOCKER_SOCKET, identifyProcess } from '@orchestrate/testkit'
import { describe, expect, it } from 'vitest'
import { imageRig, type ImageRig } from './image-rig.ts'

const never = new AbortController().signal

describe('loading into a Docker engine', () => {
  it('gives an image of the config digest as its id, with the layers that were emitted', async () => {
    await using rig = await imageRig()
    await using docker = loadingDocker(rig)
    const image = await rig.emit({ files: [await rig.file('/app', 'binary')], image: { entrypoint: ['/app'] } })
    const delivered = await docker.deliver(image, ['first:1', 'first:2'])
    expect(delivered).toMatchObject({ ok: true })
    expect(await docker.inspect('first:2')).toMatchObject({
      Id: image.config.digest,
      RootFS: { Layers: image.layers.map((layer) => layer.diffId) },
      Config: { Entrypoint: ['/app'] },
    })
  })

  it('sends nothing for an image that is there, and only a name for a further name', async () => {
    await using rig = await imageRig()
    await using docker = loadingDocker(rig)
    const image = await rig.emit({ files: [await rig.file('/app', 'binary')] })
    await docker.deliver(image, ['second:1'])
    expect(await docker.deliver(image, ['second:1'])).toMatchObject({ ok: true, value: { sentBytes: 0 } })
    expect(await docker.deliver(image, ['second:1', 'second:2'])).toMatchObject({ ok: true, value: { sentBytes: 0 } })
    expect(await docker.inspect('second:2')).toMatchObject({ Id: image.config.digest })
  })

  it('leaves out layers that the engine has, and all of them when only the config changed', async () => {
    await using rig = await imageRig()
    await using docker = loadingDocker(rig)
    const emit = async (text: string, user: string) =>
      rig.emit({ base: rig.base, image: { user, cmd: ['cat', '/srv/text'] }, files: [await rig.file('/srv/text', text)] })
    await docker.deliver(await emit('one', '1'), ['third:1'])
    const changed = await emit('two', '1')
    expect(sentBytes(await docker.deliver(changed, ['third:2']))).toBeLessThan(20_000)
    expect(await docker.inspect('third:2')).toMatchObject({
      Id: changed.config.digest,
      RootFS: { Layers: changed.layers.map((layer) => layer.diffId) },
    })
    const renamed = await emit('two', '2')
    expect(sentBytes(await docker.deliver(renamed, ['third:3']))).toBeLessThan(10_000)
    expect(await docker.inspect('third:3')).toMatchObject({ Id: renamed.config.digest })
  })

  it('sends the whole archive when the engine refuses less', async () => {
    await using rig = await imageRig()
    await using docker = loadingDocker(rig, (loader) => ({ ...loader, countPresentLayers: async () => ({ ok: true, value: 2 }) }))
    const image = await rig.emit({ base: rig.base, files: [await rig.file('/app', `binary of ${rig.directory}`)] })
    expect(await docker.deliver(image, ['fourth:1'])).toMatchObject({ ok: true })
    expect(await docker.inspect('fourth:1')).toMatchObject({ Id: image.config.digest })
  })

  it('makes images that run', async () => {
    await using rig = await imageRig()
    await using docker = loadingDocker(rig)
    const image = await rig.emit({
      base: rig.base,
      image: { cmd: ['cat', '/bin/greeting'] },
      files: [await rig.file('/bin/greeting', 'hello')],
    })
    await docker.deliver(image, ['fifth:1'])
    expect(docker.run('fifth:1')).toBe('hello')
  })
})

/** The engine as a sink; what it was given is removed from it on dispose. Names are completed so that tests do not meet. */
function loadingDocker(rig: ImageRig, adapt: (loader: ImageLoader) => ImageLoader = (loader) => loader) {
  const engine = createDockerEngine({
    host: { kind: 'unix', socketPath: DOCKER_SOCKET },
    run: identifyProcess('image-load'),
    reaperPath: null,
    spoolDirectory: join(rig.directory, 'spool'),
    sharesFiles: true,
    clock: systemClock,
  })
  const sink = loaderSink(adapt(engine.images))
  const loaded = new Set<string>()
  return {
    deliver: async (image: EmittedImage, names: readonly string[]) => {
      for (const name of names) loaded.add(complete(name))
      return sink.deliver(image, names.map(complete), never)
    },
    inspect: (name: string) => callDocker('GET', `/images/${complete(name)}/json`),
    run: (name: string) => execFileSync('docker', ['run', '--rm', '--network=none', complete(name)], { encoding: 'utf8' }),
    async [Symbol.asyncDispose]() {
      for (const reference of loaded) await callDocker('DELETE', `/images/${reference}`)
      await engine.close()
    },
  }
}

function sentBytes(delivered: Awaited<ReturnType<ReturnType<typeof loaderSink>['deliver']>>): number {
  if (!delivered.ok) throw new Error(delivered.error.message)
  return delivered.value.sentBytes
}

const complete = (name: string) => `orchestrate-image-test/${name}`
