import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { type ProcessRequest, systemProcesses } from './process-runner.ts'

const PATH = new Map([['PATH', '/usr/bin:/bin']])

function start(script: string, fields: Partial<ProcessRequest> = {}) {
  const lines: string[] = []
  const running = systemProcesses.run({
    argv: ['sh', '-c', script],
    env: PATH,
    input: null,
    onLine: (line) => lines.push(line),
    stop: 'terminate',
    signal: new AbortController().signal,
    ...fields,
  })
  const output = readAll(running.stdout)
  return { lines, output, exit: running.exit }
}

async function readAll(content: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = []
  for await (const piece of content) pieces.push(piece)
  return Buffer.concat(pieces).toString()
}

it('gives output, lines of standard error, and the exit code', async () => {
  const process = start("printf out; printf 'one\\ntwo' >&2; exit 3")
  expect([await process.output, await process.exit, process.lines]).toEqual(['out', { kind: 'exited', code: 3 }, ['one', 'two']])
})

it('shows a file as descriptor 3, and no environment but the given', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'process-'))
  const input = join(directory, 'input')
  writeFileSync(input, 'content')
  const process = start('cat <&3; env | grep -v -e ^PWD -e ^_ -e ^SHLVL', { input })
  expect(await process.output).toBe('contentPATH=/usr/bin:/bin\n')
  rmSync(directory, { recursive: true })
})

it('says what could not be started', async () => {
  const process = start('', { argv: ['no-such-command-of-ours'] })
  expect(await process.output).toBe('')
  expect(await process.exit).toEqual({ kind: 'not-started', command: 'no-such-command-of-ours', code: 'ENOENT' })
})

it.each([
  ['terminate', 'SIGTERM'],
  ['kill', 'SIGKILL'],
] as const)('ends a process by its signal: %s', async (stop, signal) => {
  const controller = new AbortController()
  const process = start('echo started >&2; exec sleep 600', {
    stop,
    signal: controller.signal,
    onLine: () => controller.abort(),
  })
  expect(await process.exit).toEqual({ kind: 'signalled', signal })
})
