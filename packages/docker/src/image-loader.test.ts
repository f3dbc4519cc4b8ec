import { digestOf } from '@orchestrate/core'
import type { ImageLoader } from '@orchestrate/execute'
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

  it('answers for every name out of one call after a survey, and asks for a name that is not in it', async () => {
    await using daemon = await scriptedDaemon()
    daemon.on(
      'GET /images/json',
      answerJson([
        { Id: 'sha256:1', RepoTags: ['shop/a:1', 'shop/a:2'] },
        { Id: 'sha256:2', RepoTags: null },
      ]),
    )
    const { images } = connectTo(daemon)
    images.survey(never)
    images.survey(never)
    const found = [await images.find('shop/a:1', never), await images.find('shop/a:2', never), await images.find('shop/b:1', never)]
    expect(found).toEqual(['sha256:1', 'sha256:1', null].map((id) => ({ ok: true, value: id === null ? null : { id } })))
    expect(daemon.calls.filter((call) => call.includes('images'))).toEqual(['GET /images/json', 'GET /images/shop/b%3A1/json'])
  })

  it.each([
    ['an archive was loaded', async (images: ImageLoader) => images.load(archive(), never)],
    ['a name was given', async (images: ImageLoader) => images.tag('sha256:1', 'shop/b:1', never)],
  ])('does not answer out of a survey after %s', async (_, change) => {
    await using daemon = await scriptedDaemon()
    daemon.on('GET /images/json', answerJson([{ Id: 'sha256:1', RepoTags: ['shop/a:1'] }]))
    daemon.on('POST /images/load', answerText('{"stream":"Loaded"}'))
    daemon.on('POST /images/sha256%3A1/tag', answerText('', 201))
    const { images } = connectTo(daemon)
    images.survey(never)
    expect(await images.find('shop/a:1', never)).toEqual({ ok: true, value: { id: 'sha256:1' } })
    expect((await change(images)).ok).toBe(true)
    expect(await images.find('shop/a:1', never)).toEqual({ ok: true, value: null })
  })

  it('asks for each name when the survey failed', async () => {
    await using daemon = await scriptedDaemon()
    daemon.on('GET /images/json', answerJson({ message: 'no' }, 500))
    const { images } = connectTo(daemon)
    images.survey(never)
    expect(await images.find('shop/a:1', never)).toEqual({ ok: true, value: null })
  })

  it('names an image on a registry with a port', async () => {
    await using daemon = await scriptedDaemon()
    daemon.on('POST /images/sha256%3Aimage/tag', answerText('', 201))
    expect(await connectTo(daemon).images.tag('sha256:image', 'localhost:5000/shop/api:v1', never)).toEqual({ ok: true, value: undefined })
    expect(daemon.paths.at(-1)).toBe('/v1.41/images/sha256%3Aimage/tag?repo=localhost%3A5000%2Fshop%2Fapi&tag=v1')
  })
})
