import { type Command, InvalidArgumentError, Option } from 'commander'
import { type CommandFrame, collect, ENGINE, example, SELECTORS, SET } from './command-words.ts'

interface ApplyFlags {
  json?: true
  force?: true
  jobs?: number
  load?: boolean
  output?: string[]
  onFailure: 'stop' | 'dependents' | 'continue'
  locked?: true
  engine?: string
  set?: string[]
}

export function addApply(program: Command, { invoke, finish }: CommandFrame): void {
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
    .option(...SET)
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
          overrides: options.set ?? [],
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

export function addRun(program: Command, { invoke, finish }: CommandFrame): void {
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

function parseJobs(text: string): number {
  const jobs = Number(text)
  if (!/^[0-9]+$/.test(text) || jobs < 1 || jobs > 1024) throw new InvalidArgumentError('expected a whole number from 1 to 1024')
  return jobs
}
