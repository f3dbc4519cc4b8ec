import { Argument, type Command } from 'commander'
import { type CommandFrame, example } from './command-words.ts'
import type { Shell } from './commands/completion.ts'

/** `completion`, and the command that its scripts call, which no help lists. */
export function addCompletion(program: Command, { invoke, finish }: CommandFrame): void {
  example(program.command('completion'), ['eval "$(orchestrate completion bash)"', 'orchestrate completion fish | source'])
    .description('print what a shell has to read to complete commands, options, services and builds')
    .addArgument(new Argument('<shell>', 'bash, zsh or fish').choices(['bash', 'zsh', 'fish']))
    .action(async (shell: Shell, _options: object, command: Command) => {
      const { completion } = await import('./commands/completion.ts')
      finish(completion(invoke(command), shell))
    })
  program
    .command('complete', { hidden: true })
    .argument('[words...]')
    .action(async (words: string[], _options: object, command: Command) => {
      const { complete } = await import('./commands/complete.ts')
      finish(await complete(invoke(command), program, words))
    })
}
