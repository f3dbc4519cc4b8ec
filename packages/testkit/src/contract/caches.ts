import type { CacheKey } from '@orchestrate/execute'
import { expect, it } from 'vitest'
import { cacheKey, directoryMount } from './contract-inputs.ts'
import type { ContractStep } from './contract-steps.ts'
import { contractBuilder, type OpenFixture, outcomeOf } from './engine-fixture.ts'

const never = new AbortController().signal

/** Directories that builders share over time. */
export function cacheContract(open: OpenFixture): void {
  it('are kept between builders and runs, and it is known whether they were filled', async () => {
    await using fixture = await open()
    const key = cacheKey(fixture, 'kept')
    const caches = [{ key, to: '/cache' }]
    expect(await fixture.engine.hasCache(key, never)).toEqual({ ok: true, value: false })
    await outcomeOf(fixture, contractBuilder(fixture, { caches, steps: [{ do: 'write', path: '/cache/entry', text: 'kept' }] }))
    expect(await fixture.engine.hasCache(key, never)).toEqual({ ok: true, value: true })
    const second = await outcomeOf(fixture, contractBuilder(fixture, { caches, steps: [{ do: 'print-file', path: '/cache/entry' }] }))
    expect(second.stdout).toBe('kept')
  })

  it('are kept when the builder failed', async () => {
    await using fixture = await open()
    const caches = [{ key: cacheKey(fixture, 'failed'), to: '/cache' }]
    const steps: ContractStep[] = [
      { do: 'write', path: '/cache/entry', text: 'kept' },
      { do: 'exit', code: 1 },
    ]
    await outcomeOf(fixture, contractBuilder(fixture, { caches, steps }))
    const second = await outcomeOf(fixture, contractBuilder(fixture, { caches, steps: [{ do: 'print-file', path: '/cache/entry' }] }))
    expect(second.stdout).toBe('kept')
  })

  it.each(['workspace', 'id', 'toolchain', 'platform'] as const)('are kept apart by their %s', async (part) => {
    await using fixture = await open()
    const one = cacheKey(fixture, 'one')
    const others: Record<typeof part, CacheKey> = {
      workspace: { ...one, workspace: `${one.workspace}/other` },
      id: { ...one, id: 'two' },
      toolchain: { ...one, toolchain: `sha256:${'0'.repeat(64)}` as CacheKey['toolchain'] },
      platform: { ...one, platform: { ...one.platform, variant: 'v9' } },
    }
    const at = (key: CacheKey): readonly { readonly key: CacheKey; readonly to: string }[] => [{ key, to: '/cache' }]
    await outcomeOf(fixture, contractBuilder(fixture, { caches: at(one), steps: [{ do: 'write', path: '/cache/entry', text: '1' }] }))
    const second = await outcomeOf(
      fixture,
      contractBuilder(fixture, { caches: at(others[part]), steps: [{ do: 'count', path: '/cache' }] }),
    )
    expect(second.stdout).toBe('0\n')
  })

  it('are shared by builders that run at once', async () => {
    await using fixture = await open()
    const caches = [{ key: cacheKey(fixture, 'shared'), to: '/cache' }]
    const write = (name: string): Promise<unknown> =>
      outcomeOf(
        fixture,
        contractBuilder(fixture, { id: `${name}:build`, caches, steps: [{ do: 'write', path: `/cache/${name}`, text: name }] }),
      )
    await Promise.all(['a', 'b', 'c'].map(write))
    const { stdout } = await outcomeOf(fixture, contractBuilder(fixture, { caches, steps: [{ do: 'list', path: '/cache' }] }))
    expect(stdout).toBe('a\nb\nc\n')
  })

  it('may lie inside a view, and several in one builder', async () => {
    await using fixture = await open()
    const mounts = [directoryMount(fixture, { name: 'view', to: '/workspace', access: 'read-only' }, { 'cache/': '' })]
    const caches = [
      { key: cacheKey(fixture, 'inside'), to: '/workspace/cache' },
      { key: cacheKey(fixture, 'beside'), to: '/root/.cache/tool' },
    ]
    const steps: ContractStep[] = [
      { do: 'try-write', path: '/workspace/cache/entry' },
      { do: 'try-write', path: '/root/.cache/tool/entry' },
      { do: 'try-write', path: '/workspace/entry' },
    ]
    const { stdout } = await outcomeOf(fixture, contractBuilder(fixture, { mounts, caches, steps }))
    expect(stdout).toBe('written\nwritten\nrefused\n')
  })

  it('take what another user of the root file system adds to them', async () => {
    await using fixture = await open()
    const caches = [{ key: cacheKey(fixture, 'users'), to: '/cache' }]
    const write = (user: string | null, name: string): Promise<{ readonly stdout: string }> =>
      outcomeOf(fixture, contractBuilder(fixture, { user, caches, steps: [{ do: 'try-write', path: `/cache/${name}` }] }))
    const said = [await write(null, 'a'), await write('1000:1000', 'b'), await write(null, 'c')].map(({ stdout }) => stdout)
    expect(said).toEqual(['written\n', 'written\n', 'written\n'])
  })
}
