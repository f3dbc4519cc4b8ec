import { readdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BuilderMount } from '@orchestrate/execute'
import { expect, it } from 'vitest'
import { directoryMount, view } from './contract-inputs.ts'
import type { ContractStep } from './contract-steps.ts'
import { contractBuilder, type EngineFixture, type OpenFixture, outcomeOf } from './engine-fixture.ts'

/** What builders see of the views of the store, and that they cannot change them. */
export function inputContract(open: OpenFixture): void {
  sightContract(open)
  changeContract(open)
}

async function say(fixture: EngineFixture, mounts: readonly BuilderMount[], steps: readonly ContractStep[]): Promise<string> {
  return (await outcomeOf(fixture, contractBuilder(fixture, { mounts, steps }))).stdout
}

function sightContract(open: OpenFixture): void {
  it('are exactly the mounted directory', async () => {
    await using fixture = await open()
    const steps: ContractStep[] = [
      { do: 'list', path: '/workspace' },
      { do: 'print-file', path: '/workspace/b/c.txt' },
    ]
    expect(await say(fixture, [view(fixture, 'read-only')], steps)).toBe('a.txt\nb\ndeep')
  })

  it.each(['read-only', 'throw-away'] as const)('keep their mode and time below a %s mount', async (access) => {
    await using fixture = await open()
    const mount = view(fixture, access)
    writeFileSync(join(mount.source, 'tool'), 'x', { mode: 0o555 })
    utimesSync(join(mount.source, 'tool'), 400_000_000, 400_000_000)
    expect(await say(fixture, [mount], [{ do: 'print-stat', path: '/workspace/tool' }])).toBe('555 400000000\n')
  })

  it('have links that say what they say', async () => {
    await using fixture = await open()
    const mount = view(fixture, 'read-only')
    const links = { inside: 'b/c.txt', absolute: '/etc/passwd', outward: '../../../../etc/shadow', nowhere: 'no such file' }
    for (const [name, target] of Object.entries(links)) symlinkSync(target, join(mount.source, name))
    const steps = Object.keys(links).map((name) => ({ do: 'print-link', path: `/workspace/${name}` }) as const)
    expect(await say(fixture, [mount], steps)).toBe(`${Object.values(links).join('\n')}\n`)
  })

  it('may have any name', async () => {
    await using fixture = await open()
    const names = ['-rf', 'é€𝄞', 'a b', 'back\\slash', 'new\nline', '"$quoted`\'', '...', '%s', ':', ',', '*']
    const mount = directoryMount(fixture, { name: 'odd', to: '/workspace', access: 'read-only' }, {})
    for (const name of names) writeFileSync(join(mount.source, name), `<${name}>`)
    const steps = names.map((name) => ({ do: 'print-file', path: `/workspace/${name}` }) as const)
    expect(await say(fixture, [mount], steps)).toBe(names.map((name) => `<${name}>`).join(''))
  })

  it('may be ten thousand', async () => {
    await using fixture = await open()
    const mount = directoryMount(fixture, { name: 'many', to: '/workspace', access: 'read-only' }, {})
    for (let name = 0; name < 10_000; name += 1) writeFileSync(join(mount.source, String(name)), '')
    expect(await say(fixture, [mount], [{ do: 'count', path: '/workspace' }])).toBe('10000\n')
  })

  it('may be none', async () => {
    await using fixture = await open()
    const mount = directoryMount(fixture, { name: 'empty', to: '/workspace', access: 'read-only' }, {})
    expect(await say(fixture, [mount], [{ do: 'count', path: '/workspace' }])).toBe('0\n')
  })

  it('may come from a path with commas, colons, blanks and backslashes', async () => {
    await using fixture = await open()
    const steps: ContractStep[] = [
      { do: 'print-file', path: '/workspace/a.txt' },
      { do: 'try-write', path: '/workspace/a.txt' },
    ]
    expect(await say(fixture, [view(fixture, 'throw-away', 'odd:na,me \\ = "é"')], steps)).toBe('topwritten\n')
  })

  it('may be a single file', async () => {
    await using fixture = await open()
    const source = join(fixture.directory, 'tool')
    writeFileSync(source, 'file')
    const mounts: BuilderMount[] = [{ source, kind: 'file', to: '/opt/tool', access: 'read-only' }]
    const steps: ContractStep[] = [
      { do: 'print-file', path: '/opt/tool' },
      { do: 'try-write', path: '/opt/tool' },
    ]
    expect(await say(fixture, mounts, steps)).toBe('filerefused\n')
    expect(readFileSync(source, 'utf8')).toBe('file')
  })

  it('leave no mount point behind for the next builder', async () => {
    await using fixture = await open()
    const mount = { ...view(fixture, 'read-only'), to: '/new/place/for/it' }
    expect(await say(fixture, [mount], [{ do: 'print-file', path: '/new/place/for/it/a.txt' }])).toBe('top')
    expect(await outcomeOf(fixture, contractBuilder(fixture, { steps: [{ do: 'list', path: '/new' }] }))).toMatchObject({ code: 1 })
  })
}

function changeContract(open: OpenFixture): void {
  it('refuse changes below a read-only mount', async () => {
    await using fixture = await open()
    const steps: ContractStep[] = [
      { do: 'try-write', path: '/workspace/a.txt' },
      { do: 'try-write', path: '/workspace/new.txt' },
    ]
    expect(await say(fixture, [view(fixture, 'read-only')], steps)).toBe('refused\nrefused\n')
  })

  it.each(['remove', 'mode'] as const)('fail a builder that tries to change them: %s', async (change) => {
    await using fixture = await open()
    const mount = view(fixture, 'read-only')
    const path = '/workspace/a.txt'
    const steps: ContractStep[] = [change === 'remove' ? { do: 'remove', path } : { do: 'mode', path, mode: 0o777 }]
    expect(await outcomeOf(fixture, contractBuilder(fixture, { mounts: [mount], steps }))).toMatchObject({ code: 1, stdout: '' })
    expect(readFileSync(join(mount.source, 'a.txt'), 'utf8')).toBe('top')
  })

  it('take changes below a throw-away mount and stay as they were', async () => {
    await using fixture = await open()
    const mount = view(fixture, 'throw-away')
    const steps: ContractStep[] = [
      { do: 'write', path: '/workspace/a.txt', text: 'changed' },
      { do: 'write', path: '/workspace/new.txt', text: 'new' },
      { do: 'mode', path: '/workspace/a.txt', mode: 0o600 },
      { do: 'remove', path: '/workspace/b' },
      { do: 'list', path: '/workspace' },
      { do: 'print-file', path: '/workspace/a.txt' },
    ]
    expect(await say(fixture, [mount], steps)).toBe('a.txt\nnew.txt\nchanged')
    expect(readdirSync(mount.source).toSorted()).toEqual(['a.txt', 'b'])
    expect(readFileSync(join(mount.source, 'a.txt'), 'utf8')).toBe('top')
    expect(readFileSync(join(mount.source, 'b/c.txt'), 'utf8')).toBe('deep')
  })

  it('are as they were for the next builder of the same throw-away mount', async () => {
    await using fixture = await open()
    const mount = view(fixture, 'throw-away')
    await say(fixture, [mount], [{ do: 'write', path: '/workspace/a.txt', text: 'changed' }])
    expect(await say(fixture, [mount], [{ do: 'print-file', path: '/workspace/a.txt' }])).toBe('top')
  })

  it('leave room for what a builder writes elsewhere, which nobody sees afterwards', async () => {
    await using fixture = await open()
    const steps: ContractStep[] = [
      { do: 'directory', path: '/opt/built' },
      { do: 'write', path: '/opt/built/x', text: 'x' },
      { do: 'write', path: '/etc/passwd', text: 'y' },
      { do: 'print-file', path: '/opt/built/x' },
      { do: 'print-file', path: '/etc/passwd' },
    ]
    expect(await say(fixture, [], steps)).toBe('xy')
    expect(await say(fixture, [], [{ do: 'count', path: '/opt' }])).toBe('0\n')
  })

  it('may be mounted twice, once to be read and once to be thrown away', async () => {
    await using fixture = await open()
    const kept = view(fixture, 'read-only')
    const mounts = [kept, { ...kept, to: '/copy', access: 'throw-away' as const }]
    const steps: ContractStep[] = [
      { do: 'write', path: '/copy/a.txt', text: 'changed' },
      { do: 'print-file', path: '/copy/a.txt' },
      { do: 'print-file', path: '/workspace/a.txt' },
    ]
    expect(await say(fixture, mounts, steps)).toBe('changedtop')
  })
}
