import { userInfo } from 'node:os'

/** What the commands may know of the process that they run in; made once, in main. */
export interface Host {
  /** Absolute. */
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Null where the system knows none. */
  readonly home: string | null
  readonly stdout: Output
  readonly stderr: Output
  /** Process id and architecture, for run labels and the platform. */
  readonly pid: number
  readonly arch: string
  /** Of this process; 0 for the superuser. */
  readonly uid: number
  readonly gid: number
  /** Cores that this process may use. */
  readonly cores: number
}

export interface Output {
  readonly write: (text: string | Uint8Array) => void
  readonly isTerminal: boolean
}

export type ColorChoice = 'auto' | 'always' | 'never'

/** @see https://no-color.org */
export function usesColor(choice: ColorChoice, output: Output, env: Host['env']): boolean {
  if (choice !== 'auto') return choice === 'always'
  if ((env['NO_COLOR'] ?? '') !== '') return false
  return output.isTerminal && env['TERM'] !== 'dumb'
}

/** The variables that are set. */
export function definedVariables(env: Host['env']): ReadonlyMap<string, string> {
  return new Map(Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])))
}

/** `HOME` where it is an absolute path: a relative one would put the store into whatever directory we stand in. */
export function findHome(env: Host['env']): string | null {
  const named = env['HOME'] ?? ''
  if (named.startsWith('/')) return named
  try {
    return userInfo().homedir
  } catch {
    // No HOME and no passwd entry: the store must then be named by a variable.
    return null
  }
}
