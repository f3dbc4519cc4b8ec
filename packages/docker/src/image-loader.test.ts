import { digestOf } from '@orchestrate/core'
import { connectTo, answerAndReset, answerJson, answerText, hang, scriptedDaemon } from '@orchestrate/testkit'
import { describe, expect, it } from 'vitest'

const never = new AbortController().signal
const layer = digestOf('layer')

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
    expect(await connectTo(daemon).images.load(archive(), never)).toEqual({ ok: true, value })
  })

  it.each([
    ['an answer without a last word', answerText(''), 'engine/unexpected-answer'],
    ['an answer that breaks off', answerAndReset('{"stream":'), 'engine/lost'],
  ])('takes %s for an error', async (_, handler, id) => {
    await using daemon = await scriptedDaemon()
    daemon.on('POST /images/load', handler)
    expect(await connectTo(daemon).images.load(archive(), never)).toMatchObject({ ok: false, error: { id } })
  })

  it('passes on what is wrong with the archive itself', async () => {
    await using daemon = await scriptedDaemon()
    daemon.on('POST /images/load', hang)
    const damage = new Error('blob damaged')
    async function* damaged(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('begin')
      throw damage
    }
    await expect(connectTo(daemon).images.load(damaged(), never)).rejects.toBe(damage)
  })

  it('counts the layers that the classic store shares with some image', async () => {
    await using daemon = await scriptedDaemon()
    const layers = ['a', 'b', 'c'].map((name) => digestOf(name))
    daemon.on('GET /images/json', answerJson([{ Id: 'one' }, { Id: 'two' }, { Id: 'gone' }]))
    daemon.on('GET /images/one/json', answerJson({ RootFS: { Layers: [layers[0], digestOf('x')] } }))
    daemon.on('GET /images/two/json', answerJson({ RootFS: { Layers: [layers[0], layers[1]] } }))
    expect(await connectTo(daemon).images.countPresentLayers(layers, never)).toEqual({ ok: true, value: 2 })
  })

  it('counts none in the containerd store', async () => {
    await using daemon = await scriptedDaemon()
    daemon.on('GET /info', answerJson({ Driver: 'overlayfs', DriverStatus: [['driver-type', 'io.containerd.snapshotter.v1']] }))
    expect(await connectTo(daemon).images.countPresentLayers([layer], never)).toEqual({ ok: true, value: 0 })
  })

  it('names an image on a registry with a port', async () => {
    await using daemon = await scriptedDaemon()
    daemon.on('POST /images/sha256%3Aimage/tag', answerText('', 201))
    expect(await connectTo(daemon).images.tag('sha256:image', 'localhost:5000/shop/api:v1', never)).toEqual({ ok: true, value: undefined })
    expect(daemon.paths.at(-1)).toBe('/v1.41/images/sha256%3Aimage/tag?repo=localhost%3A5000%2Fshop%2Fapi&tag=v1')
  })
})
