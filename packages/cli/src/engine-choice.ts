import { isAbsolute, join } from 'node:path'
import type { EngineChoice } from '@orchestrate/config'
import { closest, err, ok, type Result } from '@orchestrate/core'
import type { Invocation } from './invocation.ts'
import type { Stop } from './stop.ts'

const WORDS = ['auto', 'docker', 'embedded'] as const
const RUNTIME_PREFIX = 'embedded:'

/** What the command line says about the engine, else the variable ORCHESTRATE_ENGINE; null when neither does. */
export function readEngineChoice({ host, directory }: Invocation, flag: string | null): Result<EngineChoice | null, Stop> {
  const variable = host.env['ORCHESTRATE_ENGINE'] ?? ''
  if (flag === null && variable === '') return ok(null)
  const written = flag ?? variable
  const choice = parseEngineChoice(written, directory)
  return choice === null ? err(unknownEngine(written, flag === null ? 'ORCHESTRATE_ENGINE' : '--engine')) : ok(choice)
}

/** A flag beats a variable, which beats the workspace; without any it is `auto`. */
export function decideEngine(told: EngineChoice | null, workspace: EngineChoice | null): EngineChoice {
  return told ?? workspace ?? { kind: 'auto' }
}

/** A relative path of a runtime starts from `directory`; a bare name is looked up on PATH. */
function parseEngineChoice(text: string, directory: string): EngineChoice | null {
  if (text === 'auto' || text === 'docker') return { kind: text }
  if (text === 'embedded') return { kind: 'embedded', runtime: null }
  const runtime = text.startsWith(RUNTIME_PREFIX) ? text.slice(RUNTIME_PREFIX.length) : ''
  if (runtime === '') return null
  return { kind: 'embedded', runtime: runtime.includes('/') && !isAbsolute(runtime) ? join(directory, runtime) : runtime }
}

function unknownEngine(text: string, source: string): Stop {
  const near = closest(text, WORDS)
  return {
    kind: 'usage',
    message: `${source} is "${text}", which is no engine`,
    help: near === null ? `expected auto, docker, embedded or embedded:RUNTIME` : `did you mean "${near}"?`,
  }
}
