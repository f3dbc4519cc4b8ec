import { compareCodeUnits } from '@orchestrate/core'
import type { Command, Option } from 'commander'

/** Names that a workspace adds to what can be typed. */
export interface CompletionNames {
  /** Of services. */
  readonly services: readonly string[]
  /** `SERVICE:BUILD`, `SERVICE:image`. */
  readonly targets: readonly string[]
}

/**
 * What may stand in place of the last of `words`, which may be begun or empty; the others stand before it. Nothing where the
 * shell knows better, such as for files.
 *
 * @param words after the program's own name
 * @param names asked for only where one may stand
 */
export async function completeWords(
  program: Command,
  words: readonly string[],
  names: (directory: string | null) => Promise<CompletionNames>,
): Promise<readonly string[]> {
  const begun = words.at(-1) ?? ''
  const typed = readTyped(program, words.slice(0, -1))
  const candidates = await candidatesFor(typed, begun, names)
  return [...new Set(candidates)].filter((candidate) => candidate.startsWith(begun)).toSorted(compareCodeUnits)
}

interface Typed {
  readonly command: Command
  /** An option that waits for its value. */
  readonly open: Option | null
  /** Of `-C`. */
  readonly directory: string | null
}

function readTyped(program: Command, words: readonly string[]): Typed {
  let typed: Typed = { command: program, open: null, directory: null }
  for (const word of words) typed = readWord(typed, word)
  return typed
}

function readWord({ command, open, directory }: Typed, word: string): Typed {
  if (open !== null) return { command, open: null, directory: open.long === '--directory' ? word : directory }
  if (!word.startsWith('-')) return { command: command.commands.find((below) => below.name() === word) ?? command, open: null, directory }
  const option = optionsOf(command).find(({ long, short }) => word === long || word === short)
  return { command, open: option !== undefined && (option.required || option.optional) ? option : null, directory }
}

/** Those of the commands above hold as well. */
function optionsOf(command: Command): readonly Option[] {
  return [...command.options, ...(command.parent === null ? [] : optionsOf(command.parent))]
}

async function candidatesFor(
  { command, open, directory }: Typed,
  begun: string,
  names: (directory: string | null) => Promise<CompletionNames>,
): Promise<readonly string[]> {
  if (open !== null) return open.argChoices ?? []
  if (begun.startsWith('-')) return [...optionsOf(command).flatMap(({ long }) => long ?? []), '--help']
  if (command.commands.length > 0)
    return command
      .createHelp()
      .visibleCommands(command)
      .map((below) => below.name())
  const [argument] = command.registeredArguments
  if (argument === undefined) return []
  if (argument.argChoices !== undefined) return argument.argChoices
  if (!argument.name().startsWith('service')) return []
  const { services, targets } = await names(directory)
  return begun.includes(':') ? targets : services
}
