import { availableParallelism } from 'node:os'
import { renderUsageError } from '@orchestrate/report'
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { EXIT, type ExitCode } from './exit-code.ts'
import { type ColorChoice, findHome, type Host, usesColor } from './host.ts'
import type { Invocation } from './invocation.ts'
import { reportBug } from './report-bug.ts'
import { restateUsageError } from './restate-usage-error.ts'

/** Parses arguments and runs a command. @returns the exit code. */
export async function runProgram(process: NodeJS.Process, version: string): Promise<ExitCode> {
  const host = createHost(process)
  process.stdout.on('error', () => process.exit(EXIT.environment))
  process.stderr.on('error', () => process.exit(EXIT.environment))
  let code: ExitCode = EXIT.done
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

type Finish = (code: ExitCode) => void

function buildProgram(host: Host, version: string, finish: Finish): Command {
  const program = new Command('orchestrate')
    .description('Builds a monorepo of services into minimal runtime images: it shows a plan, and applies exactly that plan.')
    .version(version, '-V, --version', 'print the version')
    .option('-C, --directory <dir>', 'work as if started in this directory')
    .addOption(new Option('--color <when>', 'colour the output').choices(['auto', 'always', 'never']).default('auto'))
    .showSuggestionAfterError()
    .helpCommand(false)
  example(program, ['orchestrate plan', 'orchestrate apply'])
  const invoke = (command: Command): Invocation => invocationOf(command, host)
  addPlanning(program, invoke, finish)
  addApply(program, invoke, finish)
  addLock(program, invoke, finish)
  addCi(program, invoke, finish)
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

const SELECTORS = 'a name, a glob (svc-*), api... (with dependents), ...api (with dependencies), or a path (.); default: everything'

const ENGINE =
  'what runs builders: auto (Docker where it answers, else embedded), docker, embedded, or embedded:RUNTIME; also ORCHESTRATE_ENGINE and workspace.engine'

function example(command: Command, lines: readonly string[]): Command {
  return command.addHelpText('before', `Example:\n${lines.map((line) => `  $ ${line}`).join('\n')}\n`)
}

function addPlanning(program: Command, invoke: (command: Command) => Invocation, finish: Finish): void {
  example(program.command('validate'), ['orchestrate validate'])
    .description('check every builder.yaml and the dependency graph; all findings at once')
    .option('--json', 'print the findings as JSON')
    .option('--staged', "check git's index instead of the work tree")
    .action(async (options: { json?: true; staged?: true }, command: Command) => {
      const { validate } = await import('./commands/validate.ts')
      finish(await validate(invoke(command), { json: options.json === true, staged: options.staged === true }))
    })
  example(program.command('plan'), ['orchestrate plan', 'orchestrate plan checkout --json'])
    .description('show what apply would do, and why; needs no engine')
    .argument('[service...]', SELECTORS)
    .option('--json', 'print the whole plan as JSON')
    .option('--staged', "plan git's index as it would be checked out")
    .option('--detailed-exitcode', 'exit with 2 when changes are pending')
    .action(async (services: string[], options: { json?: true; staged?: true; detailedExitcode?: true }, command: Command) => {
      const { plan } = await import('./commands/plan.ts')
      const { json, staged, detailedExitcode } = options
      finish(
        await plan(invoke(command), {
          services,
          json: json === true,
          staged: staged === true,
          detailedExitCode: detailedExitcode === true,
        }),
      )
    })
  example(program.command('ls'), ['orchestrate ls', 'orchestrate ls . --json'])
    .description('list services, libraries and targets with their state')
    .argument('[service...]', SELECTORS)
    .option('--json', 'print them as JSON')
    .action(async (services: string[], options: { json?: true }, command: Command) => {
      const { ls } = await import('./commands/ls.ts')
      finish(await ls(invoke(command), { services, json: options.json === true }))
    })
}

interface ApplyFlags {
  json?: true
  force?: true
  jobs?: number
  load?: boolean
  output?: string[]
  onFailure: 'stop' | 'dependents' | 'continue'
  locked?: true
  engine?: string
}

function addApply(program: Command, invoke: (command: Command) => Invocation, finish: Finish): void {
  example(program.command('apply'), ['orchestrate apply', 'orchestrate apply checkout --output oci:dist/images --no-load'])
    .description('do what plan shows: run builders, collect artifacts, emit and deliver images')
    .argument('[service...]', SELECTORS)
    .option('--force', 'build and emit even what the store has')
    .option('-j, --jobs <n>', 'builders that run at once (default: the cores of this machine)', parseJobs)
    .option('--load', 'load images into the engine (the default without --output)')
    .option('--no-load', 'do not load images into the engine')
    .option('-o, --output <kind:path>', 'write images: oci:DIR (OCI layout) or docker-archive:FILE; may be repeated', collect)
    .addOption(
      new Option(
        '--on-failure <what>',
        'stop: start nothing more; dependents: skip what depends on it; continue: also emit images whose gate failed, without delivering them',
      )
        .choices(['stop', 'dependents', 'continue'])
        .default('dependents'),
    )
    .option('--engine <which>', ENGINE)
    .option('--locked', 'refuse to change builder.lock')
    .option('--json', 'print build events as JSON lines')
    .action(async (services: string[], options: ApplyFlags, command: Command) => {
      const { apply } = await import('./commands/apply.ts')
      finish(
        await apply(invoke(command), {
          services,
          json: options.json === true,
          force: options.force === true,
          jobs: options.jobs ?? null,
          load: options.load ?? null,
          outputs: options.output ?? [],
          onFailure: options.onFailure,
          locked: options.locked === true,
          engine: options.engine ?? null,
        }),
      )
    })
}

function addLock(program: Command, invoke: (command: Command) => Invocation, finish: Finish): void {
  example(program.command('lock'), ['orchestrate lock', 'orchestrate lock --update go'])
    .description('resolve toolchains and bases and pin them in builder.lock')
    .option('--check', 'change nothing; exit with 64 when builder.lock is out of date')
    .option('--update <name>', 'resolve this toolchain again; may be repeated', collect)
    .option('--engine <which>', ENGINE)
    .action(async (options: { check?: true; update?: string[]; engine?: string }, command: Command) => {
      const { lock } = await import('./commands/lock.ts')
      finish(await lock(invoke(command), { check: options.check === true, update: options.update ?? [], engine: options.engine ?? null }))
    })
}

function addCi(program: Command, invoke: (command: Command) => Invocation, finish: Finish): void {
  const ci = example(program.command('ci'), ['orchestrate ci matrix']).description('cut CI jobs from the plan').helpCommand(false)
  example(ci.command('matrix'), ['orchestrate ci matrix'])
    .description('a job matrix of what acts; also written to $GITHUB_OUTPUT where that is set')
    .argument('[service...]', SELECTORS)
    .action(async (services: string[], _options: object, command: Command) => {
      const { ciMatrix } = await import('./commands/ci-matrix.ts')
      finish(await ciMatrix(invoke(command), { services }))
    })
}

function parseJobs(text: string): number {
  const jobs = Number(text)
  if (!/^[0-9]+$/.test(text) || jobs < 1 || jobs > 1024) throw new InvalidArgumentError('expected a whole number from 1 to 1024')
  return jobs
}

const collect = (value: string, previous: string[] | undefined): string[] => [...(previous ?? []), value]
