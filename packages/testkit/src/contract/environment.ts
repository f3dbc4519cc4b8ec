import { compareCodeUnits } from '@orchestrate/core'
import { expect, it } from 'vitest'
import { contractBuilder, type EngineFixture, type OpenFixture, outcomeOf } from './engine-fixture.ts'

/** What a builder finds around it besides files: variables, directory, host name. */
export function environmentContract(open: OpenFixture): void {
  it('gives exactly the declared variables, and PATH from the root file system', async () => {
    await using fixture = await open()
    const env = new Map([
      ['EMPTY', ''],
      ['HOME', '/root'],
      ['LINES_', 'a b=c "d" $e'],
    ])
    expect(await variables(fixture, env)).toEqual(['EMPTY=', 'HOME=/root', 'LINES_=a b=c "d" $e', `PATH=${fixture.root.env.get('PATH')}`])
  })

  it('lets a builder have a PATH of its own', async () => {
    await using fixture = await open()
    const env = new Map([
      ['HOME', '/root'],
      ['PATH', '/opt:/bin'],
    ])
    expect(await variables(fixture, env)).toEqual(['HOME=/root', 'PATH=/opt:/bin'])
  })

  it('passes odd names and values on as they are', async () => {
    await using fixture = await open()
    const env = new Map([
      ['HOME', '/root'],
      ['PATH', '/bin'],
      ['lower.dotted-name', '1'],
      ['QUOTES', `'"\`\\`],
      ['BLANKS', '  between  '],
      ['EXPANDS', '$HOME ${HOME} $(id) %s %PATH% !x ~'],
      ['EQUALS', '=a=b='],
      ['UNICODE', 'é€𝄞\u0301'],
      ['CONTROL', 'tab\tbell\u0007escape\u001b[0m'],
      ['JSON', '{"a": [1, "]"]}'],
      ['LINES', 'one\ntwo\n\nfour'],
    ])
    const expected = [...env].flatMap(([name, value]) => `${name}=${value}`.split('\n')).filter((line) => line !== '')
    expect(await variables(fixture, env)).toEqual(expected.toSorted(compareCodeUnits))
  })

  it('passes a value of 100 KB and a megabyte in all', async () => {
    await using fixture = await open()
    const large = Array.from({ length: 10 }, (_, index) => [`LARGE${index}`, String(index).repeat(100_000)] as const)
    const env = new Map([['HOME', '/root'], ...large, ['PATH', '/bin']] as const)
    expect(await variables(fixture, env)).toEqual([...env].map(([name, value]) => `${name}=${value}`))
  })

  it('runs as uid 0 in the declared directory under the declared host name', async () => {
    await using fixture = await open()
    const builder = contractBuilder(fixture, { workdir: '/srv/here', hostname: 'bench', steps: [{ do: 'print-world' }] })
    expect((await outcomeOf(fixture, builder)).stdout).toBe('0\n/srv/here\nbench\n')
  })
}

/** Lines of the environment, sorted. */
async function variables(fixture: EngineFixture, env: ReadonlyMap<string, string>): Promise<readonly string[]> {
  const { stdout } = await outcomeOf(fixture, contractBuilder(fixture, { env, steps: [{ do: 'print-environment' }] }))
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .toSorted(compareCodeUnits)
}
