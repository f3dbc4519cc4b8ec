import { err, ok, type Result } from '@orchestrate/core'
import type { Host } from './host.ts'
import type { Stop } from './stop.ts'

/** `NAME=VALUE`, or `NAME` for what `env` has of it (nothing where it is unset); the last one of a name wins. */
export function parseVariables(written: readonly string[], env: Host['env']): Result<ReadonlyMap<string, string>, Stop> {
  const variables = new Map<string, string>()
  for (const text of written) {
    const [, name, value] = /^([^=\0]+)(?:=([^\0]*))?$/.exec(text) ?? []
    if (name === undefined) {
      return err({
        kind: 'usage',
        message: `"${text}" is no environment variable`,
        help: 'write NAME=VALUE, or NAME for the value that it has here',
      })
    }
    const given = value ?? env[name]
    if (given !== undefined) variables.set(name, given)
  }
  return ok(variables)
}
