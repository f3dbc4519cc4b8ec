import type { Trouble } from '@orchestrate/core'
import { createPaint } from './paint.ts'

/** A command line, or a question, that cannot be answered. */
export interface UsageError {
  readonly message: string
  readonly help: string | null
}

/** What is wrong with what was typed, and what to type instead. */
export function renderUsageError({ message, help }: UsageError, options: { readonly color: boolean }): string {
  const paint = createPaint(options.color)
  const hint = help === null ? '' : `  ${paint('blue', '=')} help: ${help}\n`
  return `${paint(['red', 'bold'], 'error')}${paint('bold', `: ${message}`)}\n${hint}`
}

/** A failure of a build or of the surroundings: what happened, the details, what to do. */
export function renderTrouble(trouble: Trouble, options: { readonly color: boolean; readonly about?: string }): string {
  const paint = createPaint(options.color)
  const about = options.about === undefined ? '' : `${options.about}: `
  return [
    `${paint(['red', 'bold'], `error[${trouble.id}]`)}${paint('bold', `: ${about}${trouble.message}`)}`,
    ...trouble.details.map((line) => `  ${line}`),
    ...(trouble.help === null ? [] : [`  ${paint('blue', '=')} help: ${trouble.help}`]),
    '',
  ].join('\n')
}
