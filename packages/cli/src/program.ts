import { availableParallelism } from 'node:os'
import { renderUsageError } from '@orchestrate/report'
import { Command, CommanderError, Option } from 'commander'
import { example } from './command-words.ts'
import { defineCommands } from './define-commands.ts'
import { EXIT } from './exit-code.ts'
import { type ColorChoice, findHome, type Host, usesColor } from './host.ts'
import type { Invocation } from './invocation.ts'
import { reportBug } from './report-bug.ts'
import { restateUsageError } from './restate-usage-error.ts'

/** Parses arguments and runs a command. @returns the exit code. */
export async function runProgram(process: NodeJS.Process, version: string): Promise<number> {
  const host = createHost(process)
  process.stdout.on('error', () => process.exit(EXIT.environment))
  process.stderr.on('error', () => process.exit(EXIT.environment))
  let code: number = EXIT.done
  const program = buildProgram(host, version, (result) => {
    code = result
  })
  try {
    await program.parseAsync(process.argv)
    return code
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.wrongInput
    return reportBug(error, host)
  }
}

function createHost(process: NodeJS.Process): Host {
  const output = (stream: NodeJS.WriteStream): Host['stdout'] => ({ write: (text) => void stream.write(text), isTerminal: stream.isTTY })
  return {
    cwd: currentDirectory(process),
    env: process.env,
    home: findHome(process.env),
    stdout: output(process.stdout),
    stderr: output(process.stderr),
    pid: process.pid,
    arch: process.arch,
    uid: process.getuid?.() ?? 0,
    gid: process.getgid?.() ?? 0,
    cores: availableParallelism(),
  }
}

function currentDirectory(process: NodeJS.Process): string {
  try {
    return process.cwd()
  } catch {
    // The directory was deleted; the search for the workspace says what is wrong.
    return process.env['PWD'] ?? '/'
  }
}

function buildProgram(host: Host, version: string, finish: (code: number) => void): Command {
  const program = new Command('orchestrate')
    .description('Builds a monorepo of services into minimal runtime images: it shows a plan, and applies exactly that plan.')
    .version(version, '-V, --version', 'print the version')
    .option('-C, --directory <dir>', 'work as if started in this directory')
    .addOption(new Option('--color <when>', 'colour the output').choices(['auto', 'always', 'never']).default('auto'))
    .showSuggestionAfterError()
    .helpCommand(false)
  example(program, ['orchestrate plan', 'orchestrate apply'])
  defineCommands(program, { invoke: (command) => invocationOf(command, host), finish })
  answerThrough(program, host)
  return program
}

/** Help and wrong input of `command` and those below it go where the host says, in the style of every other message. */
function answerThrough(command: Command, host: Host): void {
  command.exitOverride().configureOutput({
    writeOut: host.stdout.write,
    writeErr: host.stderr.write,
    outputError: (text, write) => {
      const { color } = command.optsWithGlobals<{ color: ColorChoice }>()
      write(renderUsageError(restateUsageError(text, pathOf(command)), { color: usesColor(color, host.stderr, host.env) }))
    },
  })
  for (const below of command.commands) answerThrough(below, host)
}

const pathOf = (command: Command): string => (command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`)

function invocationOf(command: Command, host: Host): Invocation {
  const { directory, color } = command.optsWithGlobals<{ directory?: string; color: ColorChoice }>()
  const absolute = directory === undefined ? host.cwd : directory.startsWith('/') ? directory : `${host.cwd}/${directory}`
  return { host, directory: absolute, colorOf: (output) => usesColor(color, output, host.env) }
}
