import { type Command, InvalidArgumentError, Option } from 'commander'
import type { Invocation } from './invocation.ts'

type Invoke = (command: Command) => Invocation
type Finish = (code: number) => void

/** Every command with its arguments and options; what runs is loaded when it is called. */
export function defineCommands(program: Command, invoke: Invoke, finish: Finish): void {
  addPlanning(program, invoke, finish)
  addApply(program, invoke, finish)
  addRun(program, invoke, finish)
  addLock(program, invoke, finish)
  addCi(program, invoke, finish)
  addDoctor(program, invoke, finish)
}

/** Every help begins with one. */
export function example(command: Command, lines: readonly string[]): Command {
  return command.addHelpText('before', `Example:\n${lines.map((line) => `  $ ${line}`).join('\n')}\n`)
}

const SELECTORS = 'a name, a glob (svc-*), api... (with dependents), ...api (with dependencies), or a path (.); default: everything'

const ENGINE =
  'what runs builders: auto (Docker where it answers, else embedded), docker, embedded, or embedded:RUNTIME; also ORCHESTRATE_ENGINE and workspace.engine'

function addPlanning(program: Command, invoke: Invoke, finish: Finish): void {
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

function addApply(program: Command, invoke: Invoke, finish: Finish): void {
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

interface RunFlags {
  build: boolean
  env?: string[]
  engine?: string
}

function addRun(program: Command, invoke: Invoke, finish: Finish): void {
  example(program.command('run'), ['orchestrate run checkout', 'orchestrate run checkout --env LOG=debug -- --verbose'])
    .description('start the image of a service until it ends or is interrupted; builds first what is missing')
    .argument('<service>', 'a name, or a path (.) of one service')
    .argument('[args...]', "arguments instead of the image's own, after --")
    .option('-e, --env <name=value>', 'a variable for the service; NAME alone takes the value that it has here; may be repeated', collect)
    .option('--no-build', 'start it only if it is up to date')
    .option('--engine <which>', ENGINE)
    .action(async (service: string, args: string[], options: RunFlags, command: Command) => {
      const { run } = await import('./commands/run.ts')
      const { build, env, engine } = options
      finish(await run(invoke(command), { service, args: args.length === 0 ? null : args, env: env ?? [], build, engine: engine ?? null }))
    })
}

function addLock(program: Command, invoke: Invoke, finish: Finish): void {
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

function addCi(program: Command, invoke: Invoke, finish: Finish): void {
  const ci = example(program.command('ci'), ['orchestrate ci matrix']).description('cut CI jobs from the plan').helpCommand(false)
  example(ci.command('matrix'), ['orchestrate ci matrix'])
    .description('a job matrix of what acts; also written to $GITHUB_OUTPUT where that is set')
    .argument('[service...]', SELECTORS)
    .action(async (services: string[], _options: object, command: Command) => {
      const { ciMatrix } = await import('./commands/ci-matrix.ts')
      finish(await ciMatrix(invoke(command), { services }))
    })
}

function addDoctor(program: Command, invoke: Invoke, finish: Finish): void {
  example(program.command('doctor'), ['orchestrate doctor', 'orchestrate doctor --engine embedded --json'])
    .description('try the engines and what else this machine needs, and say what to do')
    .option('--engine <which>', ENGINE)
    .option('--json', 'print the answers as JSON')
    .action(async (options: { engine?: string; json?: true }, command: Command) => {
      const { doctor } = await import('./commands/doctor.ts')
      finish(await doctor(invoke(command), { engine: options.engine ?? null, json: options.json === true }))
    })
}

function parseJobs(text: string): number {
  const jobs = Number(text)
  if (!/^[0-9]+$/.test(text) || jobs < 1 || jobs > 1024) throw new InvalidArgumentError('expected a whole number from 1 to 1024')
  return jobs
}

const collect = (value: string, previous: string[] | undefined): string[] => [...(previous ?? []), value]
