import type { Command } from 'commander'
import { type CommandFrame, example } from './command-words.ts'

/** Commands that ask about one service. */
export function addQuestions(program: Command, { invoke, finish }: CommandFrame): void {
  example(program.command('logs'), ['orchestrate logs checkout', 'orchestrate logs checkout:test --follow'])
    .description('print what the last builds of a service wrote, cached or not')
    .argument('<service[:build]>', 'a service, or one of its builds')
    .option('-f, --follow', 'print what a build that runs writes, until it ends')
    .action(async (build: string, options: { follow?: true }, command: Command) => {
      const { logs } = await import('./commands/logs.ts')
      finish(await logs(invoke(command), { build, follow: options.follow === true }))
    })
  example(program.command('why'), ['orchestrate why checkout', 'orchestrate why checkout:build --json'])
    .description('say which file, variable, toolchain or need changed since the last good build')
    .argument('<service>', 'a service, or the id of a target: SERVICE:BUILD, SERVICE:image, toolchain:NAME')
    .option('--json', 'print the causes as JSON')
    .action(async (subject: string, options: { json?: true }, command: Command) => {
      const { why } = await import('./commands/why.ts')
      finish(await why(invoke(command), { subject, json: options.json === true }))
    })
  example(program.command('image'), [
    'orchestrate image checkout --files',
    'orchestrate image checkout --diff oci:dist/images:shop/checkout:latest',
  ])
    .description('show the layers, files, sizes and config of an emitted image, or how it differs from another; needs no engine')
    .argument('<service>', 'a service, or oci:DIR[:REFERENCE]: an image of an OCI layout')
    .option('--diff <other>', 'what changed since this one: a service, or oci:DIR[:REFERENCE]')
    .option('--files', 'list every file')
    .option('--json', 'print all of it as JSON')
    .action(async (name: string, options: { diff?: string; files?: true; json?: true }, command: Command) => {
      const { image } = await import('./commands/image.ts')
      const { diff, files, json } = options
      finish(await image(invoke(command), { image: name, diff: diff ?? null, files: files === true, json: json === true }))
    })
}
