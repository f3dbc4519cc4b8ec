import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectSameOnEmbedded } from './both-engines.ts'
import { startEmbeddedServices } from './embedded-services.ts'
import { type Applied, copyExample, type Example, failures, repository } from './example.ts'
import { type RunningServices, startServices } from './running-services.ts'

const SERVICES = ['catalog', 'checkout', 'recommend', 'stock', 'web']

describe('examples/shop', () => {
  let example: Example
  let first: Applied

  beforeAll(async () => {
    example = copyExample(join(repository, 'examples/shop'))
    first = await example.apply()
  })
  afterAll(() => example[Symbol.dispose]())

  it('is built, checked and emitted by one apply', () => {
    expect(failures(first)).toEqual([])
    expect([...first.targets.values()].flatMap(({ image }) => image?.reference ?? []).toSorted()).toEqual(
      SERVICES.map((service) => `${example.images}/${service}:latest`),
    )
    expect(first.code).toBe(0)
  })

  it('answers: every service calls those that it needs', async () => {
    await using services = await startServices(example.images, SERVICES)
    await expectAnswers(services)
  })

  it('ships no toolchain', () => {
    const sizes = SERVICES.map((service) => {
      const image = first.targets.get(`${service}:image`)
      return { service, leaner: (image?.image?.bytes ?? Infinity) < (first.targets.get(`${service}:build`)?.toolchainBytes ?? 0) / 10 }
    })
    expect(sizes.filter(({ leaner }) => leaner).map(({ service }) => service)).toEqual(['catalog', 'checkout', 'stock'])
  })

  it('is the same when everything is built again, by the embedded engine', async () => {
    await expectSameOnEmbedded(example, first.targets)
  })

  it('answers without Docker too, each service at a port of its own', async () => {
    await using services = await startEmbeddedServices(example, SERVICES)
    await expectAnswers(services)
    expect(await services.stop()).toEqual(SERVICES.map(() => 130))
  })

  it('stops the wave where generated code is the same', async () => {
    example.edit('api/shop.json', '{', '{ ')
    const { code, events } = await example.apply()
    example.edit('api/shop.json', '{ ', '{')
    expect(events.flatMap((event) => (event.type === 'target-started' ? event.target : []))).toEqual(['api:generate'])
    expect(code).toBe(0)
  })

  it('blocks the image of a service whose test fails, and no other', async () => {
    example.edit('services/stock/stock.c', '{"pan", 7}', '{"pan", 8}')
    const { code, targets } = await example.apply()
    example.edit('services/stock/stock.c', '{"pan", 8}', '{"pan", 7}')
    const outcome = (id: string) => targets.get(id)?.outcome
    expect({ build: outcome('stock:build'), test: outcome('stock:test'), image: outcome('stock:image') }).toEqual({
      build: 'succeeded',
      test: 'failed',
      image: 'skipped',
    })
    expect(outcome('catalog:image')).toBe('succeeded')
    expect(code).toBe(1)
  })

  it('rebuilds what uses a library when the library changes, and its tests', async () => {
    example.edit('libs/money/money.go', 'exact number of euros', 'exact amount of euros')
    const { stdout } = await example.run('plan', '--json')
    const { targets } = JSON.parse(stdout) as { readonly targets: readonly { readonly id: string; readonly decision: string }[] }
    example.edit('libs/money/money.go', 'exact amount of euros', 'exact number of euros')
    expect(targets.flatMap(({ id, decision }) => (decision === 'build' ? id : [])).toSorted()).toEqual([
      'catalog:build',
      'catalog:test',
      'checkout:build',
      'checkout:test',
    ])
  })
})

async function expectAnswers(services: RunningServices): Promise<void> {
  expect((await services.get('stock', '/stock/mug')).text).toBe('{"sku":"mug","available":120}\n')
  expect(JSON.parse((await services.get('catalog', '/products/pan')).text)).toEqual({
    sku: 'pan',
    name: 'Iron pan',
    category: 'kitchen',
    price: '34.90',
    available: 7,
  })
  expect((await services.get('catalog', '/products/piano')).status).toBe(404)
  expect(JSON.parse((await services.get('checkout', '/quote?sku=mug&quantity=12')).text)).toEqual({
    sku: 'mug',
    quantity: 12,
    unit: '9.50',
    total: '102.60',
  })
  expect(JSON.parse((await services.get('recommend', '/recommendations/mug')).text)).toEqual({ sku: 'mug', skus: ['pan'] })
  expect((await services.get('web', '/health')).text).toBe('ok\n')
  expect((await services.get('web', '/products/mug')).text).toContain(
    '<h1>Enamel mug</h1><p>9.50 €, a dozen 102.60 €, 120 in stock</p><p>See also: pan</p>',
  )
}
