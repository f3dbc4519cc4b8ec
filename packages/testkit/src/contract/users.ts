import { expect, it } from 'vitest'
import { cacheKey, view } from './contract-inputs.ts'
import type { ContractStep } from './contract-steps.ts'
import { contractBuilder, describeOutputs, observe, type OpenFixture, outcomeOf } from './engine-fixture.ts'

/** As whom builders run, and that it does not matter to whoever takes their outputs. The root file system has the users root and builder. */
export function userContract(open: OpenFixture): void {
  it.each([
    ['nobody in particular', null, '0\n0\n'],
    ['0', '0', '0\n0\n'],
    ['a name', 'builder', '1000\n1000\n'],
    ['a uid that has a name', '1000', '1000\n1000\n'],
    ['a uid that has none', '4321', '4321\n0\n'],
    ['a uid and a gid', '1000:0', '1000\n0\n'],
    ['a uid and a gid that have no names', '4321:8765', '4321\n8765\n'],
    ['two names', 'builder:root', '1000\n0\n'],
    ['the last uid that a container has', '65534:65534', '65534\n65534\n'],
  ])('runs as %s', async (_, user, ids) => {
    await using fixture = await open()
    expect((await outcomeOf(fixture, contractBuilder(fixture, { user, steps: [{ do: 'print-ids' }] }))).stdout).toBe(ids)
  })

  it.each(['nobody-of-the-kind', '0:nobody-of-the-kind'])(
    'starts nothing as %s, which the root file system does not have, and says so',
    async (user) => {
      await using fixture = await open()
      const builder = contractBuilder(fixture, { user })
      const { exit } = await observe(fixture, builder)
      expect([exit.code, exit.unknownUser, exit.startError]).toEqual([
        126,
        'nobody-of-the-kind',
        'unable to find nobody-of-the-kind: no such user or group in the toolchain',
      ])
      await exit[Symbol.asyncDispose]()
      expect(await fixture.leftovers(builder.run.runId)).toEqual([])
    },
  )

  it('lets another user write outputs and caches', async () => {
    await using fixture = await open()
    const caches = [{ key: cacheKey(fixture, 'other-user'), to: '/cache' }]
    const steps: ContractStep[] = [{ do: 'print-world' }, { do: 'try-write', path: '/out/app' }, { do: 'try-write', path: '/cache/entry' }]
    const { stdout } = await outcomeOf(fixture, contractBuilder(fixture, { user: '1000:1000', caches, steps }))
    expect(stdout).toBe('1000\n/\nbuilder\nwritten\nwritten\n')
  })

  it('lets another user write below a throw-away mount', async () => {
    await using fixture = await open()
    const steps: ContractStep[] = [
      { do: 'try-write', path: '/workspace/a.txt' },
      { do: 'try-write', path: '/workspace/new.txt' },
      { do: 'list', path: '/workspace' },
    ]
    const mounts = [view(fixture, 'throw-away')]
    const { stdout } = await outcomeOf(fixture, contractBuilder(fixture, { mounts, steps, user: '1000:1000' }))
    expect(stdout).toBe('written\nwritten\na.txt\nb\nnew.txt\n')
  })

  it.each([null, '1000:1000', '4321'])('gives what user %s kept to itself, and removes it', async (user) => {
    await using fixture = await open()
    const steps: ContractStep[] = [
      { do: 'directory', path: '/out/private' },
      { do: 'write', path: '/out/private/key', text: 'secret' },
      { do: 'mode', path: '/out/private/key', mode: 0o600 },
      { do: 'mode', path: '/out/private', mode: 0o700 },
    ]
    const builder = contractBuilder(fixture, { user, steps })
    const { exit } = await observe(fixture, builder)
    expect(await describeOutputs(exit)).toEqual(['directory 700 private', 'file 600 private/key "secret"'])
    await exit[Symbol.asyncDispose]()
    expect(await fixture.leftovers(builder.run.runId)).toEqual([])
  })
}
