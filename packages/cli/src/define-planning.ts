import type { GraphFormat } from '@orchestrate/report'
import { type Command, Option } from 'commander'
import { type CommandFrame, example, SELECTORS, SET } from './command-words.ts'

/** Commands that look at the workspace and need no engine. */
export function addPlanning(program: Command, { invoke, finish }: CommandFrame): void {
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
    .option(...SET)
    .action(
      async (services: string[], options: { json?: true; staged?: true; detailedExitcode?: true; set?: string[] }, command: Command) => {
        const { plan } = await import('./commands/plan.ts')
        const { json, staged, detailedExitcode, set } = options
        finish(
          await plan(invoke(command), {
            services,
            json: json === true,
            staged: staged === true,
            detailedExitCode: detailedExitcode === true,
            overrides: set ?? [],
          }),
        )
      },
    )
  example(program.command('ls'), ['orchestrate ls', 'orchestrate ls . --json'])
    .description('list services, libraries and targets with their state')
    .argument('[service...]', SELECTORS)
    .option('--json', 'print them as JSON')
    .option(...SET)
    .action(async (services: string[], options: { json?: true; set?: string[] }, command: Command) => {
      const { ls } = await import('./commands/ls.ts')
      finish(await ls(invoke(command), { services, json: options.json === true, overrides: options.set ?? [] }))
    })
  example(program.command('graph'), ['orchestrate graph', 'orchestrate graph checkout --targets --format mermaid'])
    .description('show which services need which, and what of them would act; needs no engine')
    .argument('[service...]', SELECTORS)
    .addOption(
      new Option('--format <how>', 'text: a tree; dot: for Graphviz; mermaid; json')
        .choices(['text', 'dot', 'mermaid', 'json'])
        .default('text'),
    )
    .option('--targets', 'show toolchains, builds and images instead of services')
    .action(async (services: string[], options: { format: GraphFormat; targets?: true }, command: Command) => {
      const { graph } = await import('./commands/graph.ts')
      finish(await graph(invoke(command), { services, format: options.format, targets: options.targets === true }))
    })
}
