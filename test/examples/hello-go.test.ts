import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectSameOnEmbedded } from './both-engines.ts'
import { type Applied, copyExample, type Example, failures, repository } from './example.ts'
import { measureLayout } from './image-layout.ts'
import { startServices } from './running-services.ts'

describe('examples/hello-go', () => {
  let example: Example
  let first: Applied

  beforeAll(async () => {
    example = copyExample(join(repository, 'examples/hello-go'))
    first = await example.apply()
  })
  afterAll(() => example[Symbol.dispose]())

  it('is built and emitted by one apply', () => {
    expect(failures(first)).toEqual([])
    expect([...first.targets.values()].map(({ id, decision, outcome }) => ({ id, decision, outcome }))).toEqual([
      { id: 'toolchain:go', decision: 'build', outcome: 'succeeded' },
      { id: 'hello:build', decision: 'build', outcome: 'succeeded' },
      { id: 'hello:image', decision: 'emit', outcome: 'succeeded' },
    ])
    expect(first.code).toBe(0)
  })

  it('answers from an image that holds the binary alone', async () => {
    await using services = await startServices(example.images, ['hello'])
    expect(await services.get('hello', '/world')).toEqual({ status: 200, type: 'text/plain; charset=utf-8', text: 'hello, world\n' })
  })

  it('ships at most 4 KiB more than the binary', async () => {
    const { code } = await example.apply('--no-load', '--output', `oci:${join(example.root, '../layout')}`)
    const binary = first.targets.get('hello:build')?.artifactBytes ?? 0
    const { manifest, config, layers } = measureLayout(join(example.root, '../layout'))
    expect(code).toBe(0)
    expect(binary).toBeGreaterThan(1_000_000)
    expect(layers).toHaveLength(1)
    expect(layers[0]).toBeLessThanOrEqual(binary + 2048)
    expect(manifest + config).toBeLessThanOrEqual(2048)
  })

  it('is the same when the embedded engine builds it', async () => {
    await expectSameOnEmbedded(example, first.targets)
  })

  it('is current afterwards, and touching the file changes nothing', async () => {
    example.edit('main.go', 'hello, ', 'hello, ')
    const again = await example.apply()
    expect([...again.targets.values()].map(({ id, decision }) => `${id} ${decision}`)).toEqual([
      'toolchain:go current',
      'hello:build current',
      'hello:image current',
    ])
    expect(again.events.filter(({ type }) => type === 'target-started')).toEqual([])
  })
})
