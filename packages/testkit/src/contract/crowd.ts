import { expect, it } from 'vitest'
import { cacheKey, view } from './contract-inputs.ts'
import { contractBuilder, describeOutputs, observe, type OpenFixture } from './engine-fixture.ts'

const BUILDERS = 32

/** Many builders in one engine at once. */
export function crowdContract(open: OpenFixture): void {
  it(`of ${BUILDERS} builders at once each gets what is its own, and nothing is left`, async () => {
    await using fixture = await open()
    const mounts = [view(fixture, 'throw-away')]
    const caches = [{ key: cacheKey(fixture, 'crowd'), to: '/cache' }]
    const names = Array.from({ length: BUILDERS }, (_, index) => `service-${index}`)
    const ended = await Promise.all(
      names.map(async (name, index) => {
        const builder = contractBuilder(fixture, {
          id: `${name}:build`,
          run: fixture.run,
          mounts,
          caches,
          steps: [
            { do: 'write', path: '/workspace/a.txt', text: name },
            { do: 'print-file', path: '/workspace/a.txt' },
            { do: 'write', path: '/out/app', text: name },
            { do: 'write', path: `/cache/${name}`, text: name },
            { do: 'exit', code: index },
          ],
        })
        const { exit, stdout } = await observe(fixture, builder)
        const outputs = await describeOutputs(exit)
        await exit[Symbol.asyncDispose]()
        return [exit.code, stdout, ...outputs]
      }),
    )
    expect(ended).toEqual(names.map((name, index) => [index, name, `file 644 app "${name}"`]))
    expect(await fixture.leftovers(fixture.run.runId)).toEqual([])
    const { exit, stdout } = await observe(fixture, contractBuilder(fixture, { caches, steps: [{ do: 'count', path: '/cache' }] }))
    expect(stdout).toBe(`${BUILDERS}\n`)
    await exit[Symbol.asyncDispose]()
  })
}
