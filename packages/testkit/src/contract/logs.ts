import type { Builder } from '@orchestrate/execute'
import { expect, it } from 'vitest'
import type { ContractStep } from './contract-steps.ts'
import { contractBuilder, type EngineFixture, type OpenFixture, outcomeOf } from './engine-fixture.ts'

const never = new AbortController().signal
const MEGABYTE = 1_000_000
/** Of resident memory, beyond what there was before: far below the log, well above what a garbage collector leaves about. */
const ALLOWED = 160 * MEGABYTE

/** What builders write: bytes, in order, on two streams. */
export function logContract(open: OpenFixture): void {
  it('keep stdout and stderr apart', async () => {
    await using fixture = await open()
    const steps: ContractStep[] = [
      { do: 'print', to: 'stdout', text: '1\n' },
      { do: 'print', to: 'stderr', text: 'a\n' },
      { do: 'print', to: 'stdout', text: '2\n' },
      { do: 'print', to: 'stderr', text: 'b\n' },
      { do: 'print', to: 'stdout', text: '3' },
    ]
    expect(await outcomeOf(fixture, contractBuilder(fixture, { steps }))).toEqual({ code: 0, stdout: '1\n2\n3', stderr: 'a\nb\n' })
  })

  it('keep each stream in order when both are written to by turns', async () => {
    await using fixture = await open()
    const outcome = await outcomeOf(fixture, contractBuilder(fixture, { steps: [{ do: 'print-by-turns', count: 3000 }] }))
    const lines = (word: string): string => Array.from({ length: 3000 }, (_, index) => `${word} ${index + 1}\n`).join('')
    expect(outcome).toEqual({ code: 0, stdout: lines('out'), stderr: lines('err') })
  })

  it('pass every byte on as it is', async () => {
    await using fixture = await open()
    const all = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
    expect((await bytesOf(fixture, [{ do: 'print-bytes', hex: all.toString('hex') }])).toString('hex')).toBe(all.toString('hex'))
  })

  it('pass characters on whose bytes come one by one', async () => {
    await using fixture = await open()
    const steps = ['e2', '82', 'ac', 'f0', '9d84', '9e'].map((hex) => ({ do: 'print-bytes', hex }) as const)
    expect((await bytesOf(fixture, steps)).toString('utf8')).toBe('€𝄞')
  })

  it('need no newline at the end, and no end at all', async () => {
    await using fixture = await open()
    expect((await bytesOf(fixture, [{ do: 'print', to: 'stdout', text: 'cut off' }])).toString('utf8')).toBe('cut off')
    expect((await bytesOf(fixture, [])).length).toBe(0)
  })

  it('pass a hundred megabytes on whole, without holding them', async () => {
    await using fixture = await open()
    const builder = contractBuilder(fixture, { steps: [{ do: 'print-lines', width: 1000, count: 100_000 }] })
    const before = fixture.facts.residentBytes()
    let bytes = 0
    let chunks = 0
    let peak = 0
    await listen(fixture, builder, (chunk) => {
      bytes += chunk.length
      if (chunks++ % 64 === 0) peak = Math.max(peak, fixture.facts.residentBytes())
    })
    expect(bytes).toBe(100 * MEGABYTE)
    expect(Math.max(0, peak - before)).toBeLessThan(ALLOWED)
  })
}

async function listen(fixture: EngineFixture, builder: Builder, stdout: (chunk: Uint8Array) => void): Promise<void> {
  await fixture.engine.prepare(builder.root, never)
  const result = await fixture.engine.run(builder, { stdout, stderr: () => undefined, stop: never, kill: never })
  if (!result.ok) throw new Error(result.error.message)
  await result.value[Symbol.asyncDispose]()
}

async function bytesOf(fixture: EngineFixture, steps: readonly ContractStep[]): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  await listen(fixture, contractBuilder(fixture, { steps }), (chunk) => chunks.push(Uint8Array.from(chunk)))
  return Buffer.concat(chunks)
}
