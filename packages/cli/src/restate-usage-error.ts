import type { UsageError } from '@orchestrate/report'

/**
 * What the parser of the command line says (`error: option '--jobs' argument 'x' is invalid. Expected …`, then perhaps a line
 * `(Did you mean …?)`) in our style: names in double quotes, one sentence, the suggestion as help.
 *
 * @param command the words that lead to the command, such as `orchestrate ci matrix`: where its help is found.
 */
export function restateUsageError(text: string, command: string): UsageError {
  const [first = '', second = ''] = text.trimEnd().split('\n')
  const suggestion = /^\(Did you mean (?:one of )?(.*)\?\)$/.exec(second)?.[1]
  const sentences = first
    .replace(/^error: /, '')
    .replace(/\.$/, '')
    .split('. ')
  return {
    message: sentences
      .map(lowerFirst)
      .join(': ')
      .replaceAll(/'([^']*)'/g, '"$1"'),
    help:
      suggestion === undefined
        ? `see "${command} --help"`
        : `did you mean ${suggestion
            .split(', ')
            .map((name) => `"${name}"`)
            .join(' or ')}?`,
  }
}

const lowerFirst = (sentence: string): string => sentence.charAt(0).toLowerCase() + sentence.slice(1)
