import { posix } from 'node:path'
import { assertNever, compareCodeUnits } from '@orchestrate/core'
import type { Builder } from '@orchestrate/execute'
import type { ScriptedIo, ScriptedProgram } from '../scripted-process.ts'
import { ReadOnlyError, type ScriptedNode } from '../scripted-world.ts'
import type { ContractStep } from './contract-steps.ts'
import { resolveUser } from './contract-users.ts'

const MARK = 'contract-steps'

/** The argv by which a scripted engine with `contractProgram` does `steps`. */
export function encodeSteps(steps: readonly ContractStep[]): readonly string[] {
  return [MARK, JSON.stringify(steps)]
}

/** Does what `encodeSteps` wrote, as a shell would; any other command does not exist or cannot be executed. */
export const contractProgram: ScriptedProgram = async (builder, io) => {
  const [command = '', text = '[]'] = builder.argv
  if (command !== MARK) return refuse(command)
  for (const step of JSON.parse(text) as readonly ContractStep[]) {
    const code = await interpret(step, builder, io)
    if (code !== null) return code
  }
  return 0
}

/** What a root file system with /etc/passwd and busybox says to a command that it cannot start. */
function refuse(command: string): { readonly code: number; readonly startError: string } | null {
  if (command === '/etc/passwd' || command === '/etc') return { code: 126, startError: `exec: "${command}": permission denied` }
  return command.includes('/') ? { code: 127, startError: `exec: "${command}": executable file not found` } : null
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
    case 'print-by-turns':
      for (let turn = 1; turn <= step.count; turn += 1) {
        io.stdout(`out ${turn}\n`)
        io.stderr(`err ${turn}\n`)
      }
      return null
    case 'print-world':
      return print(io, lines([String(resolveUser(builder.user).uid), builder.workdir, builder.hostname]))
    case 'print-ids':
      return print(io, lines([String(resolveUser(builder.user).uid), String(resolveUser(builder.user).gid)]))
    case 'print-environment':
      return print(io, lines(environment(builder)))
    case 'wait-for-stop':
      io.stdout('ready\n')
      return await stopped(io)
    case 'never-end':
      io.stdout('ready\n')
      return await io.ended
    case 'die':
      return 128 + step.signal
    case 'exit':
      return step.code
    default:
      return interpretFiles(step, io)
  }
}

type FileStep = Extract<ContractStep, { readonly path: string }>

/** Gives 1 where a file is not there or must not be changed. */
function interpretFiles(step: FileStep, io: ScriptedIo): number | null {
  switch (step.do) {
    case 'print-file':
      return print(io, io.read(step.path))
    case 'print-stat': {
      const stat = io.stat(step.path)
      return print(io, stat === null ? null : `${stat.mode.toString(8)} ${stat.mtime}\n`)
    }
    case 'print-link': {
      const target = io.readLink(step.path)
      return print(io, target === null ? null : `${target}\n`)
    }
    case 'list':
      return print(io, lines(io.list(step.path)))
    case 'count':
      return print(io, `${(io.list(step.path) ?? []).length}\n`)
    case 'write':
      return write(io, step.path, file(step.text, step.executable === true ? 0o755 : 0o644)) ? null : 1
    case 'try-write':
      io.stdout(write(io, step.path, file('', 0o644)) ? 'written\n' : 'refused\n')
      return null
    case 'remove':
      return write(io, step.path, { type: 'removed' }) ? null : 1
    case 'directory':
      for (const path of ancestors(step.path)) if (io.list(path) === null) io.write(path, { type: 'directory', mode: 0o755 })
      return null
    case 'write-many':
      for (let name = 1; name <= step.count; name += 1) io.write(posix.join(step.path, String(name)), file(String(name), 0o644))
      return null
    case 'write-named':
      io.write(posix.join(step.path, decodeName(Buffer.from(step.hex, 'hex'))), file('', 0o644))
      return null
    case 'symlink':
      io.write(step.path, { type: 'symlink', target: step.target })
      return null
    case 'hard-link':
      io.write(step.path, { type: 'hardlink', target: step.target })
      return null
    case 'fifo':
      io.write(step.path, { type: 'other', mode: 0o644 })
      return null
    case 'socket':
      // No engine gives sockets: they mean nothing without the process that listened.
      return null
    case 'mode':
      return changeMode(io, step.path, step.mode)
    default:
      return assertNever(step)
  }
}

function changeMode(io: ScriptedIo, path: string, mode: number): number | null {
  const content = io.read(path)
  const node: ScriptedNode = content === null ? { type: 'directory', mode } : { type: 'file', mode, content }
  return write(io, path, node) ? null : 1
}

function print(io: ScriptedIo, content: Uint8Array | string | null): number | null {
  if (content === null) return 1
  io.stdout(content)
  return null
}

function lines(items: readonly string[] | null): string | null {
  return items === null ? null : items.map((item) => `${item}\n`).join('')
}

/** As engines must give names that are not UTF-8: with a half of a surrogate pair for every byte that does not belong, so that they are rejected. */
function decodeName(name: Buffer): string {
  const text = name.toString('utf8')
  if (Buffer.from(text).equals(name)) return text
  return text.replaceAll('\uFFFD', '\uDCFD')
}

function file(content: string, mode: number): ScriptedNode {
  return { type: 'file', mode, content: Buffer.from(content) }
}

/** `/out/a/b`: `/out/a`, `/out/a/b`. */
function ancestors(path: string): readonly string[] {
  const segments = path.split('/').slice(1)
  return segments.map((_, index) => `/${segments.slice(0, index + 1).join('/')}`).slice(1)
}

function write(io: ScriptedIo, path: string, node: ScriptedNode): boolean {
  try {
    io.write(path, node)
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
