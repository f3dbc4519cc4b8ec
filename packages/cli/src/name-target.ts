import { closest } from '@orchestrate/core'
import type { Stop } from './stop.ts'

/** What is said to a name that is neither a service's nor a target's. */
export function nameTarget(name: string, candidates: readonly string[]): Stop {
  const near = closest(name, candidates)
  return {
    kind: 'usage',
    message: `no service or target is named "${name}"`,
    help: near === null ? 'see `orchestrate ls`' : `did you mean "${near}"?`,
  }
}
