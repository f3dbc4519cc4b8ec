import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BuilderMount, CacheKey } from '@orchestrate/execute'
import { expect, it } from 'vitest'
import { cacheKey, view } from './contract-inputs.ts'
import type { ContractStep } from './contract-steps.ts'
import { contractBuilder, describeOutputs, observe, type OpenFixture, outcomeOf } from './engine-fixture.ts'

/** The part of the engine contract about what goes in and comes out: mounts, outputs, caches. */
export function filesContract(open: OpenFixture): void {
  mountContract(open)
  artifactContract(open)
  cacheContract(open)
}

const never = new AbortController().signal

function mountContract(open: OpenFixture): void {
  it('shows exactly the mounted directory', async () => {
    await using fixture = await open()
    const steps: ContractStep[] = [
      { do: 'list', path: '/workspace' },
      { do: 'print-file', path: '/workspace/b/c.txt' },
    ]
    const { stdout } = await outcomeOf(fixture, contractBuilder(fixture, { mounts: [view(fixture, 'read-only')], steps }))
    expect(stdout).toBe('a.txt\nb\ndeep')
  })

  it('refuses writes below a read-only mount', async () => {
    await using fixture = await open()
    const steps: ContractStep[] = [
      { do: 'try-write', path: '/workspace/a.txt' },
      { do: 'try-write', path: '/workspace/new.txt' },
    ]
    const { stdout } = await outcomeOf(fixture, contractBuilder(fixture, { mounts: [view(fixture, 'read-only')], steps }))
    expect(stdout).toBe('refused\nrefused\n')
  })

  it('takes writes below a throw-away mount and leaves the source as it was', async () => {
    await using fixture = await open()
    const mounts = [view(fixture, 'throw-away')]
    const steps: ContractStep[] = [
      { do: 'write', path: '/workspace/a.txt', text: 'changed' },
      { do: 'write', path: '/workspace/new.txt', text: 'new' },
      { do: 'list', path: '/workspace' },
      { do: 'print-file', path: '/workspace/a.txt' },
    ]
    const { stdout } = await outcomeOf(fixture, contractBuilder(fixture, { mounts, steps }))
    expect(stdout).toBe('a.txt\nb\nnew.txt\nchanged')
    expect(readdirSync(mounts[0]?.source ?? '').toSorted()).toEqual(['a.txt', 'b'])
    expect(readFileSync(join(mounts[0]?.source ?? '', 'a.txt'), 'utf8')).toBe('top')
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

  it('mounts a source whose path has commas and colons', async () => {
    await using fixture = await open()
    const steps: ContractStep[] = [
      { do: 'print-file', path: '/workspace/a.txt' },
      { do: 'try-write', path: '/workspace/a.txt' },
    ]
    const { stdout } = await outcomeOf(fixture, contractBuilder(fixture, { mounts: [view(fixture, 'throw-away', 'odd:na,me')], steps }))
    expect(stdout).toBe('topwritten\n')
  })

  it('mounts inside a mount', async () => {
    await using fixture = await open()
    const outer = view(fixture, 'throw-away')
    const inner: BuilderMount = { source: join(fixture.directory, 'inner'), kind: 'directory', to: '/workspace/b', access: 'read-only' }
    mkdirSync(inner.source)
    writeFileSync(join(inner.source, 'inner.txt'), 'inner')
    const steps: ContractStep[] = [
      { do: 'list', path: '/workspace/b' },
      { do: 'try-write', path: '/workspace/b/inner.txt' },
      { do: 'try-write', path: '/workspace/a.txt' },
    ]
    const { stdout } = await outcomeOf(fixture, contractBuilder(fixture, { mounts: [outer, inner], steps }))
    expect(stdout).toBe('inner.txt\nrefused\nwritten\n')
  })

  it('mounts a single file read-only', async () => {
    await using fixture = await open()
    const source = join(fixture.directory, 'tool')
    writeFileSync(source, 'file')
    const mounts: BuilderMount[] = [{ source, kind: 'file', to: '/opt/tool', access: 'read-only' }]
    const steps: ContractStep[] = [
      { do: 'print-file', path: '/opt/tool' },
      { do: 'try-write', path: '/opt/tool' },
    ]
    expect((await outcomeOf(fixture, contractBuilder(fixture, { mounts, steps }))).stdout).toBe('filerefused\n')
  })
}

function artifactContract(open: OpenFixture): void {
  it('gives files, directories, links and modes as they were left', async () => {
    await using fixture = await open()
    const steps: ContractStep[] = [
      { do: 'directory', path: '/out/bin' },
      { do: 'write', path: '/out/bin/app', text: 'program', executable: true },
      { do: 'write', path: '/out/notes with blanks.txt', text: 'é' },
      { do: 'symlink', path: '/out/latest', target: 'bin/app' },
      { do: 'symlink', path: '/out/escape', target: '/etc/passwd' },
      { do: 'directory', path: '/out/empty' },
    ]
    const { exit } = await observe(fixture, contractBuilder(fixture, { steps }))
    expect(await describeOutputs(exit)).toEqual([
      'directory 755 bin',
      'directory 755 empty',
      'file 644 notes with blanks.txt "é"',
      'file 755 bin/app "program"',
      'symlink escape -> /etc/passwd',
      'symlink latest -> bin/app',
    ])
    await exit[Symbol.asyncDispose]()
  })

  it('gives nothing when nothing was left', async () => {
    await using fixture = await open()
    const { exit } = await observe(fixture, contractBuilder(fixture))
    expect(await describeOutputs(exit)).toEqual([])
    await exit[Symbol.asyncDispose]()
  })

  it('gives what a failed builder left, too', async () => {
    await using fixture = await open()
    const steps: ContractStep[] = [
      { do: 'write', path: '/out/partial', text: 'half' },
      { do: 'exit', code: 3 },
    ]
    const { exit } = await observe(fixture, contractBuilder(fixture, { steps }))
    expect([exit.code, await describeOutputs(exit)]).toEqual([3, ['file 644 partial "half"']])
    await exit[Symbol.asyncDispose]()
  })
}

function cacheContract(open: OpenFixture): void {
  it('keeps a cache between builders and runs, and tells whether it was filled', async () => {
    await using fixture = await open()
    const key = cacheKey(fixture, 'kept')
    const caches = [{ key, to: '/cache' }]
    expect(await fixture.engine.hasCache(key, never)).toEqual({ ok: true, value: false })
    await outcomeOf(fixture, contractBuilder(fixture, { caches, steps: [{ do: 'write', path: '/cache/entry', text: 'kept' }] }))
    expect(await fixture.engine.hasCache(key, never)).toEqual({ ok: true, value: true })
    const second = await outcomeOf(fixture, contractBuilder(fixture, { caches, steps: [{ do: 'print-file', path: '/cache/entry' }] }))
    expect(second.stdout).toBe('kept')
  })

  it('keeps caches of other keys apart', async () => {
    await using fixture = await open()
    const caches = (id: string): { readonly key: CacheKey; readonly to: string }[] => [{ key: cacheKey(fixture, id), to: '/cache' }]
    await outcomeOf(fixture, contractBuilder(fixture, { caches: caches('one'), steps: [{ do: 'write', path: '/cache/entry', text: '1' }] }))
    const other = await outcomeOf(
      fixture,
      contractBuilder(fixture, { caches: caches('two'), steps: [{ do: 'print-file', path: '/cache/entry' }] }),
    )
    expect(other.code).toBe(1)
  })
}
