import type { Command } from 'commander'
import type { Invocation } from './invocation.ts'

/** What the definition of a command needs: how it learns what it was called with, and where its exit code goes. */
export interface CommandFrame {
  readonly invoke: (command: Command) => Invocation
  readonly finish: (code: number) => void
}

/** Every help begins with one. */
export function example(command: Command, lines: readonly string[]): Command {
  return command.addHelpText('before', `Example:\n${lines.map((line) => `  $ ${line}`).join('\n')}\n`)
}

export const SELECTORS = 'a name, a glob (svc-*), api... (with dependents), ...api (with dependencies), or a path (.); default: everything'

export const ENGINE =
  'what runs builders: auto (Docker where it answers, else embedded), docker, embedded, or embedded:RUNTIME; also ORCHESTRATE_ENGINE and workspace.engine'

/** For options that may be repeated. */
export const collect = (value: string, previous: string[] | undefined): string[] => [...(previous ?? []), value]

export const SET = [
  '--set <path=value>',
  'change a value of the configuration, such as services.checkout.with.edition=pro; may be repeated',
  collect,
] as const
