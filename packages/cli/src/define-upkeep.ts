import type { Command } from 'commander'
import { type CommandFrame, collect, ENGINE, example, SELECTORS, SET } from './command-words.ts'

export function addLock(program: Command, { invoke, finish }: CommandFrame): void {
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

export function addCi(program: Command, { invoke, finish }: CommandFrame): void {
  const ci = example(program.command('ci'), ['orchestrate ci matrix']).description('cut CI jobs from the plan').helpCommand(false)
  example(ci.command('matrix'), ['orchestrate ci matrix'])
    .description('a job matrix of what acts; also written to $GITHUB_OUTPUT where that is set')
    .argument('[service...]', SELECTORS)
    .option(...SET)
    .action(async (services: string[], options: { set?: string[] }, command: Command) => {
      const { ciMatrix } = await import('./commands/ci-matrix.ts')
      finish(await ciMatrix(invoke(command), { services, overrides: options.set ?? [] }))
    })
}

export function addCache(program: Command, { invoke, finish }: CommandFrame): void {
  const cache = example(program.command('cache'), ['orchestrate cache stats', 'orchestrate cache verify'])
    .description('look after the store')
    .helpCommand(false)
  example(cache.command('stats'), ['orchestrate cache stats', 'orchestrate cache stats --json'])
    .description('say what the store takes up, by part')
    .option('--json', 'print it as JSON')
    .action(async (options: { json?: true }, command: Command) => {
      const { cacheStats } = await import('./commands/cache-stats.ts')
      finish(await cacheStats(invoke(command), { json: options.json === true }))
    })
  example(cache.command('verify'), ['orchestrate cache verify', 'orchestrate cache verify --json'])
    .description('read all of the store and set aside what is damaged; exits with 7 when something was')
    .option('--json', 'print what was found as JSON')
    .action(async (options: { json?: true }, command: Command) => {
      const { cacheVerify } = await import('./commands/cache-verify.ts')
      finish(await cacheVerify(invoke(command), { json: options.json === true }))
    })
}

export function addDoctor(program: Command, { invoke, finish }: CommandFrame): void {
  example(program.command('doctor'), ['orchestrate doctor', 'orchestrate doctor --engine embedded --json'])
    .description('try the engines and what else this machine needs, and say what to do')
    .option('--engine <which>', ENGINE)
    .option('--json', 'print the answers as JSON')
    .action(async (options: { engine?: string; json?: true }, command: Command) => {
      const { doctor } = await import('./commands/doctor.ts')
      finish(await doctor(invoke(command), { engine: options.engine ?? null, json: options.json === true }))
    })
}
