import { assertNever, compareCodeUnits } from '@orchestrate/core'
import type { Builder } from '@orchestrate/execute'
import type { ContractStep } from './contract-steps.ts'
import type { ScriptedIo, ScriptedProgram } from './scripted-process.ts'
import { ReadOnlyError } from './scripted-world.ts'

const MARK = 'contract-steps'

/** The argv by which a scripted engine with `contractProgram` does `steps`. */
export function encodeSteps(steps: readonly ContractStep[]): readonly string[] {
  return [MARK, JSON.stringify(steps)]
}

/** Does what `encodeSteps` wrote, as a shell would; any other command does not exist or cannot be executed. */
export const contractProgram: ScriptedProgram = async (builder, io) => {
  const [command, text = '[]'] = builder.argv
  if (command === '/etc/passwd') return { code: 126, startError: `exec: "${command}": permission denied` }
  if (command !== MARK) return null
  for (const step of JSON.parse(text) as readonly ContractStep[]) {
    const code = await interpret(step, builder, io)
    if (code !== null) return code
  }
  return 0
}

/** Gives the exit code where the step ends the builder. */
async function interpret(step: ContractStep, builder: Builder, io: ScriptedIo): Promise<number | null> {
  switch (step.do) {
    case 'print':
      if (step.to === 'stdout') io.stdout(step.text)
      else io.stderr(step.text)
      return null
    case 'print-bytes':
      io.stdout(Buffer.from(step.hex, 'hex'))
      return null
    case 'print-lines':
      for (let line = 0; line < step.count; line += 1) io.stdout(`${'x'.repeat(step.width - 1)}\n`)
      return null
    case 'print-file':
      return print(io, io.read(step.path))
    case 'list':
      return print(io, lines(io.list(step.path)))
    case 'write':
      return tryWrite(io, step.path, Buffer.from(step.text), step.executable === true ? 0o755 : 0o644) ? null : 1
    case 'try-write':
      io.stdout(tryWrite(io, step.path, new Uint8Array(), 0o644) ? 'written\n' : 'refused\n')
      return null
    case 'directory':
      io.write(step.path, { type: 'directory', mode: 0o755 })
      return null
    case 'symlink':
      io.write(step.path, { type: 'symlink', target: step.target })
      return null
    case 'print-world':
      return print(io, lines([builder.user?.split(':')[0] ?? '0', builder.workdir, builder.hostname]))
    case 'print-environment':
      return print(io, lines(environment(builder)))
    case 'wait-for-stop':
      io.stdout('ready\n')
      return await stopped(io)
    case 'never-end':
      io.stdout('ready\n')
      return await io.ended
    case 'exit':
      return step.code
    default:
      return assertNever(step)
  }
}

function print(io: ScriptedIo, content: Uint8Array | string | null): number | null {
  if (content === null) return 1
  io.stdout(content)
  return null
}

function lines(items: readonly string[] | null): string | null {
  return items === null ? null : items.map((item) => `${item}\n`).join('')
}

function tryWrite(io: ScriptedIo, path: string, content: Uint8Array, mode: number): boolean {
  try {
    io.write(path, { type: 'file', mode, content })
    return true
  } catch (error) {
    if (error instanceof ReadOnlyError) return false
    throw error
  }
}

function environment(builder: Builder): readonly string[] {
  const path = builder.root.env.get('PATH')
  const defaults: readonly (readonly [string, string])[] = path === undefined ? [] : [['PATH', path]]
  return [...new Map([...defaults, ...builder.env])].map(([name, value]) => `${name}=${value}`).toSorted(compareCodeUnits)
}

function stopped(io: ScriptedIo): Promise<number> {
  return Promise.race([
    io.ended,
    new Promise<number>((resolve) => {
      if (io.stop.aborted) resolve(7)
      else io.stop.addEventListener('abort', () => resolve(7), { once: true })
    }),
  ])
}
