import { lstatSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { statNumbers } from './stat-row.ts'
import { isLargeRepository, threadedScanner } from './threaded-scanner.ts'

const PLACE = { root: '/workspace', environment: { variables: { LANG: 'C' }, directory: '/' } }
const { signal } = new AbortController()

describe('a scanner in a thread', () => {
  it('gives the list first, and the states when those who look are done', async () => {
    using thread = threadThat(`
      const look = { states: new Float64Array(new SharedArrayBuffer(80)).fill(7), next: new Int32Array(new SharedArrayBuffer(4)).fill(1) }
      parentPort.postMessage({ kind: 'listed', paths: 'a\\0b/' + workerData.environment.variables.LANG, look })
      parentPort.postMessage({ kind: 'looked' })`)
    const scan = await threadedScanner(thread.script)(PLACE, signal)
    expect(scan.ok && scan.value.paths).toEqual(['a', 'b/C'])
    expect(scan.ok && (await scan.value.states())).toEqual(new Float64Array(10).fill(7))
    expect(scan.ok && (await scan.value.states())).toEqual(new Float64Array(10).fill(7))
  })

  it('looks at what the thread has left', async () => {
    using thread = threadThat(`
      const look = { states: new Float64Array(new SharedArrayBuffer(40)).fill(NaN), next: new Int32Array(new SharedArrayBuffer(4)) }
      parentPort.postMessage({ kind: 'listed', paths: 'thread.mjs', look })
      parentPort.postMessage({ kind: 'looked' })`)
    const root = dirname(thread.script)
    const scan = await threadedScanner(thread.script)({ ...PLACE, root }, signal)
    const state = statNumbers(lstatSync(thread.script))
    expect(scan.ok && (await scan.value.states())).toEqual(Float64Array.from(state))
  })

  it('gives an empty list for an empty work tree', async () => {
    using thread = threadThat(`
      const look = { states: new Float64Array(new SharedArrayBuffer(0)), next: new Int32Array(new SharedArrayBuffer(4)) }
      parentPort.postMessage({ kind: 'listed', paths: '', look })
      parentPort.postMessage({ kind: 'looked' })`)
    const scan = await threadedScanner(thread.script)(PLACE, signal)
    expect(scan.ok && scan.value.paths).toEqual([])
  })

  it('passes findings on', async () => {
    const finding = { id: 'inputs/git-failed', severity: 'error', message: 'git failed', span: null, notes: [], help: null }
    using thread = threadThat(`parentPort.postMessage({ kind: 'failed', findings: [${JSON.stringify(finding)}] })`)
    expect(await threadedScanner(thread.script)(PLACE, signal)).toEqual({ ok: false, error: [finding] })
  })

  it('throws what the thread throws', async () => {
    using thread = threadThat(`throw new Error('a bug')`)
    await expect(threadedScanner(thread.script)(PLACE, signal)).rejects.toThrow('a bug')
  })

  it('throws when the thread ends without its last answer', async () => {
    using thread = threadThat(`
      const look = { states: new Float64Array(new SharedArrayBuffer(40)), next: new Int32Array(new SharedArrayBuffer(4)) }
      parentPort.postMessage({ kind: 'listed', paths: 'a', look })`)
    const scan = await threadedScanner(thread.script)(PLACE, signal)
    await expect(scan.ok ? scan.value.states() : null).rejects.toThrow('the scanning thread ended before it had answered')
  })

  it('ends the thread when it is aborted, and throws the reason', async () => {
    using thread = threadThat(`setInterval(() => {}, 1000)`)
    const abort = new AbortController()
    const scanning = threadedScanner(thread.script)(PLACE, abort.signal)
    abort.abort(new Error('enough'))
    await expect(scanning).rejects.toThrow('enough')
  })
})

describe('a repository', () => {
  it.each([
    ['large when its index has 1 MiB', 1024 * 1024, true],
    ['not large when its index is smaller', 1024 * 1024 - 1, false],
  ])('is %s', (_, size, large) => {
    using place = threadThat('')
    mkdirSync(join(dirname(place.script), '.git'))
    writeFileSync(join(dirname(place.script), '.git/index'), Buffer.alloc(size))
    expect(isLargeRepository(dirname(place.script))).toBe(large)
  })

  it('is not large when there is none, or when its index lies elsewhere', () => {
    using place = threadThat('')
    expect(isLargeRepository(dirname(place.script))).toBe(false)
    writeFileSync(join(dirname(place.script), '.git'), 'gitdir: ../elsewhere')
    expect(isLargeRepository(dirname(place.script))).toBe(false)
  })
})

function threadThat(does: string): Disposable & { readonly script: string } {
  const directory = mkdtempSync(join(tmpdir(), 'orchestrate-thread-'))
  const script = join(directory, 'thread.mjs')
  writeFileSync(script, `import { parentPort, workerData } from 'node:worker_threads'\n${does}\n`)
  return { script, [Symbol.dispose]: () => rmSync(directory, { recursive: true }) }
}
