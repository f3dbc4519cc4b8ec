import type { BuildEvent } from '@orchestrate/core'
import { sanitizeLine } from './sanitize.ts'

/** `apply --json`: one event a line, the last one `run-finished`; described by schemas/events.schema.json. */
export function jsonReporter(options: { readonly write: (text: string) => void }): (event: BuildEvent) => void {
  return (event) => {
    const shown = event.type === 'target-output' ? { ...event, line: sanitizeLine(event.line) } : event
    options.write(`${JSON.stringify(shown)}\n`)
  }
}
