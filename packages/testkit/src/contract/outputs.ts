import { expect, it } from 'vitest'
import type { ContractStep } from './contract-steps.ts'
import { contractBuilder, describeOutputs, type EngineFixture, observe, type OpenFixture } from './engine-fixture.ts'

const never = new AbortController().signal

/** What leaves a builder: all that lies under /out, as it was left, whatever it is. */
export function outputContract(open: OpenFixture): void {
  kindContract(open)
  nameContract(open)
  amountContract(open)
}

async function outputsOf(fixture: EngineFixture, steps: readonly ContractStep[]): Promise<readonly string[]> {
  const { exit } = await observe(fixture, contractBuilder(fixture, { steps }))
  try {
    return [...(exit.code === 0 ? [] : [`exit ${exit.code}`]), ...(await describeOutputs(exit))]
  } finally {
    await exit[Symbol.asyncDispose]()
  }
}

function kindContract(open: OpenFixture): void {
  it('are files, directories, links and modes as they were left', async () => {
    await using fixture = await open()
    const steps: ContractStep[] = [
      { do: 'directory', path: '/out/bin' },
      { do: 'write', path: '/out/bin/app', text: 'program', executable: true },
      { do: 'write', path: '/out/notes with blanks.txt', text: 'é' },
      { do: 'symlink', path: '/out/latest', target: 'bin/app' },
      { do: 'symlink', path: '/out/escape', target: '/etc/passwd' },
      { do: 'directory', path: '/out/empty' },
    ]
    expect(await outputsOf(fixture, steps)).toEqual([
      'directory 755 bin',
      'directory 755 empty',
      'file 644 notes with blanks.txt "é"',
      'file 755 bin/app "program"',
      'symlink escape -> /etc/passwd',
      'symlink latest -> bin/app',
    ])
  })

  it('are nothing when nothing was left', async () => {
    await using fixture = await open()
    expect(await outputsOf(fixture, [])).toEqual([])
  })

  it('are there when the builder failed, too', async () => {
    await using fixture = await open()
    const steps: ContractStep[] = [
      { do: 'write', path: '/out/partial', text: 'half' },
      { do: 'exit', code: 3 },
    ]
    expect(await outputsOf(fixture, steps)).toEqual(['exit 3', 'file 644 partial "half"'])
  })

  it('are readable even where their mode lets nobody read them', async () => {
    await using fixture = await open()
    const steps: ContractStep[] = [
      { do: 'directory', path: '/out/closed/deep' },
      { do: 'write', path: '/out/closed/deep/file', text: 'inside' },
      { do: 'mode', path: '/out/closed/deep/file', mode: 0 },
      { do: 'mode', path: '/out/closed/deep', mode: 0 },
      { do: 'mode', path: '/out/closed', mode: 0 },
      { do: 'write', path: '/out/shut', text: 'top' },
      { do: 'mode', path: '/out/shut', mode: 0 },
    ]
    expect(await outputsOf(fixture, steps)).toEqual([
      'directory 0 closed',
      'directory 0 closed/deep',
      'file 0 closed/deep/file "inside"',
      'file 0 shut "top"',
    ])
  })

  it('keep their permissions, whatever special bits are set besides', async () => {
    await using fixture = await open()
    const steps: ContractStep[] = [
      { do: 'write', path: '/out/setuid', text: 's' },
      { do: 'mode', path: '/out/setuid', mode: 0o4755 },
      { do: 'write', path: '/out/setgid', text: 's' },
      { do: 'mode', path: '/out/setgid', mode: 0o2711 },
      { do: 'directory', path: '/out/sticky' },
      { do: 'mode', path: '/out/sticky', mode: 0o1777 },
    ]
    expect(await outputsOf(fixture, steps)).toEqual(['directory 777 sticky', 'file 711 setgid "s"', 'file 755 setuid "s"'])
  })

  it('have hard links as what they are: another name for the same file', async () => {
    await using fixture = await open()
    const steps: ContractStep[] = [
      { do: 'directory', path: '/out/a' },
      { do: 'write', path: '/out/a/one', text: 'same' },
      { do: 'hard-link', path: '/out/two', target: '/out/a/one' },
      { do: 'hard-link', path: '/out/a/three', target: '/out/a/one' },
    ]
    expect(await outputsOf(fixture, steps)).toEqual([
      'directory 755 a',
      'file 644 a/one "same"',
      'file 644 a/three "same"',
      'file 644 two "same"',
    ])
  })

  it('tell of a FIFO, which the store will reject', async () => {
    await using fixture = await open()
    expect(await outputsOf(fixture, [{ do: 'fifo', path: '/out/pipe' }])).toEqual(['other pipe'])
  })

  it('do not tell of a socket, which is nothing without its process', async () => {
    await using fixture = await open()
    const steps: ContractStep[] = [
      { do: 'socket', path: '/out/control' },
      { do: 'write', path: '/out/app', text: 'x' },
    ]
    expect(await outputsOf(fixture, steps)).toEqual(['file 644 app "x"'])
  })
}

function nameContract(open: OpenFixture): void {
  it('may have any name', async () => {
    await using fixture = await open()
    const names = ['-rf', 'a b', 'back\\slash', 'new\nline', '"$q`\'', '...', '%s', 'é€𝄞', 'x'.repeat(255), 'é'.repeat(127)]
    const steps = names.map((name) => ({ do: 'write', path: `/out/${name}`, text: '' }) as const)
    expect(await outputsOf(fixture, steps)).toEqual(names.map((name) => `file 644 ${name} ""`).toSorted())
  })

  it('have a name that no tree can hold when it is not UTF-8, so that it is rejected and not changed', async () => {
    await using fixture = await open()
    const steps: ContractStep[] = [{ do: 'write-named', path: '/out', hex: '6261640aff2e747874' }]
    const { exit } = await observe(fixture, contractBuilder(fixture, { steps }))
    const names: string[] = []
    for await (const { path } of exit.outputs(never)) names.push(path)
    await exit[Symbol.asyncDispose]()
    expect(names.map((name) => [name.length, name.startsWith('bad\n'), name.isWellFormed()])).toEqual([[9, true, false]])
  })

  it('may be deep', async () => {
    await using fixture = await open()
    const deep = Array.from({ length: 150 }, (_, level) => `directory-${level}`)
    const steps: ContractStep[] = [
      { do: 'directory', path: `/out/${deep.join('/')}` },
      { do: 'write', path: `/out/${deep.join('/')}/leaf`, text: 'found' },
    ]
    const directories = deep.map((_, level) => `directory 755 ${deep.slice(0, level + 1).join('/')}`)
    expect(await outputsOf(fixture, steps)).toEqual([...directories, `file 644 ${deep.join('/')}/leaf "found"`].toSorted())
  })
}

function amountContract(open: OpenFixture): void {
  it('may be ten thousand files', async () => {
    await using fixture = await open()
    const steps: ContractStep[] = [
      { do: 'directory', path: '/out/many' },
      { do: 'write-many', path: '/out/many', count: 10_000 },
    ]
    const expected = Array.from({ length: 10_000 }, (_, index) => `file 644 many/${index + 1} "${index + 1}"`)
    expect(await outputsOf(fixture, steps)).toEqual(['directory 755 many', ...expected].toSorted())
  })

  it('may be left unread, or half read', async () => {
    await using fixture = await open()
    const steps: ContractStep[] = [
      { do: 'directory', path: '/out/many' },
      { do: 'write-many', path: '/out/many', count: 200 },
    ]
    const builder = contractBuilder(fixture, { steps })
    const { exit } = await observe(fixture, builder)
    const outputs = exit.outputs(never)[Symbol.asyncIterator]()
    for (let taken = 0; taken < 20; taken++) await outputs.next()
    await outputs.return?.()
    await exit[Symbol.asyncDispose]()
    expect(await fixture.leftovers(builder.run.runId)).toEqual([])
  })
}
