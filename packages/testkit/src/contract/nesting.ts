import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BuilderMount } from '@orchestrate/execute'
import { expect, it } from 'vitest'
import { directoryMount } from './contract-inputs.ts'
import type { ContractStep } from './contract-steps.ts'
import { contractBuilder, type OpenFixture, outcomeOf } from './engine-fixture.ts'

/** Artifacts mounted inside a view, as needs are: each mount keeps its own access, the view stays as it was. */
export function nestingContract(open: OpenFixture): void {
  it.each([
    ['read-only', 'read-only', 'refused\nrefused\n'],
    ['read-only', 'throw-away', 'refused\nwritten\n'],
    ['throw-away', 'read-only', 'written\nrefused\n'],
    ['throw-away', 'throw-away', 'written\nwritten\n'],
  ] as const)('in a %s view a %s need keeps its own access', async (outerAccess, innerAccess, expected) => {
    await using fixture = await open()
    const outer = directoryMount(fixture, { name: 'outer', to: '/workspace', access: outerAccess }, { 'a.txt': 'a', 'need/': '' })
    const inner = directoryMount(fixture, { name: 'inner', to: '/workspace/need', access: innerAccess }, { 'b.txt': 'b' })
    const steps: ContractStep[] = [
      { do: 'list', path: '/workspace/need' },
      { do: 'try-write', path: '/workspace/a.txt' },
      { do: 'try-write', path: '/workspace/need/b.txt' },
    ]
    const { stdout } = await outcomeOf(fixture, contractBuilder(fixture, { mounts: [outer, inner], steps }))
    expect(stdout).toBe(`b.txt\n${expected}`)
    expect([readdirSync(join(outer.source, 'need')), readFileSync(join(outer.source, 'a.txt'), 'utf8')]).toEqual([[], 'a'])
    expect(readFileSync(join(inner.source, 'b.txt'), 'utf8')).toBe('b')
  })

  it('go three deep, a file at the end', async () => {
    await using fixture = await open()
    const one = directoryMount(fixture, { name: 'one', to: '/workspace', access: 'read-only' }, { 'two/': '' })
    const two = directoryMount(fixture, { name: 'two', to: '/workspace/two', access: 'throw-away' }, { 'three/': '' })
    const three = directoryMount(fixture, { name: 'three', to: '/workspace/two/three', access: 'read-only' }, { tool: '' })
    const source = join(fixture.directory, 'tool')
    writeFileSync(source, 'end')
    const file: BuilderMount = { source, kind: 'file', to: '/workspace/two/three/tool', access: 'read-only' }
    const steps: ContractStep[] = [
      { do: 'print-file', path: '/workspace/two/three/tool' },
      { do: 'try-write', path: '/workspace/two/three/tool' },
      { do: 'try-write', path: '/workspace/two/three/other' },
      { do: 'try-write', path: '/workspace/two/other' },
      { do: 'try-write', path: '/workspace/other' },
    ]
    const { stdout } = await outcomeOf(fixture, contractBuilder(fixture, { mounts: [one, two, three, file], steps }))
    expect(stdout).toBe('endrefused\nrefused\nwritten\nrefused\n')
    expect([one, two, three].map(({ source: directory }) => readdirSync(directory))).toEqual([['two'], ['three'], ['tool']])
    expect(readFileSync(join(three.source, 'tool'), 'utf8')).toBe('')
  })

  it('hide what the view has at their place', async () => {
    await using fixture = await open()
    const outer = directoryMount(fixture, { name: 'outer', to: '/workspace', access: 'read-only' }, { 'need/hidden': 'h' })
    const inner = directoryMount(fixture, { name: 'inner', to: '/workspace/need', access: 'read-only' }, { seen: 's' })
    const steps: ContractStep[] = [{ do: 'list', path: '/workspace/need' }]
    const { stdout } = await outcomeOf(fixture, contractBuilder(fixture, { mounts: [outer, inner], steps }))
    expect(stdout).toBe('seen\n')
  })
}
