import { digestOf, environmentError, err, linuxPlatform, ok, type Result } from '@orchestrate/core'
import type { ImageTarget } from '@orchestrate/graph'
import pLimit from 'p-limit'
import { expect, it } from 'vitest'
import { openDeliveries } from './deliver-image.ts'
import type { Delivery, EmittedImage, ImageSink } from './image-ports.ts'
import type { Run } from './run.ts'

const IMAGE: EmittedImage = {
  platform: linuxPlatform('x64'),
  manifest: { digest: digestOf('manifest'), bytes: Buffer.from('manifest') },
  config: { digest: digestOf('config'), bytes: Buffer.from('config') },
  layers: [],
  bytes: 14,
  stored: { manifest: digestOf('manifest'), config: digestOf('config'), layers: [], bytes: 14 },
}

const target = { id: 'api:image', image: { tags: ['1', '2'], repository: 'shop/api' } } as unknown as ImageTarget

function openTo(sinks: readonly ImageSink[], expecting: boolean): ReturnType<typeof openDeliveries> {
  const run = { deps: { sinks, stop: new AbortController().signal }, io: pLimit(8), emit: () => undefined } as unknown as Run
  return openDeliveries(run, target, { expecting })
}

/** A sink that writes down what is asked of it; `expects` by a delivery that it has begun. */
function noting(name: string, calls: string[], how: { readonly expects: boolean; readonly fails?: boolean }): ImageSink {
  const take = async (call: string, references: readonly string[]): Promise<Result<Delivery, ReturnType<typeof environmentError>>> => {
    calls.push(`${call} ${references.join(' ')}`)
    return how.fails === true ? err(environmentError({ id: 'image/output-refused', message: 'no' })) : ok({ references, sentBytes: 0 })
  }
  return {
    destination: name,
    prepare: async () => ok(undefined),
    deliver: (_, references) => take(`${name} deliver`, references),
    expect: () => {
      calls.push(`${name} expect`)
      return how.expects
        ? { deliver: (_, references) => take(`${name} deliver expected`, references), abandon: () => void calls.push(`${name} abandon`) }
        : null
    },
  }
}

it('delivers to each sink in turn, by what it has begun where it has', async () => {
  const calls: string[] = []
  {
    using deliveries = openTo([noting('a', calls, { expects: true }), noting('b', calls, { expects: false })], true)
    expect(await deliveries.make(IMAGE)).toEqual({ ok: true, value: 'shop/api:1' })
  }
  expect(calls).toEqual(['a expect', 'b expect', 'a deliver expected shop/api:1 shop/api:2', 'b deliver shop/api:1 shop/api:2'])
})

it('lets nobody expect an image that is there', async () => {
  const calls: string[] = []
  {
    using deliveries = openTo([noting('a', calls, { expects: true })], false)
    await deliveries.make(IMAGE)
  }
  expect(calls).toEqual(['a deliver shop/api:1 shop/api:2'])
})

it('abandons what was begun for an image that is not made, or not delivered to a sink before', async () => {
  const calls: string[] = []
  openTo([noting('a', calls, { expects: true })], true)[Symbol.dispose]()
  {
    using deliveries = openTo([noting('b', calls, { expects: true, fails: true }), noting('c', calls, { expects: true })], true)
    expect((await deliveries.make(IMAGE)).ok).toBe(false)
  }
  expect(calls).toEqual(['a expect', 'a abandon', 'b expect', 'c expect', 'b deliver expected shop/api:1 shop/api:2', 'c abandon'])
})
