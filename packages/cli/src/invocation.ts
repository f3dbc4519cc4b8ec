import type { Host } from './host.ts'

/** What every command gets besides its own options. */
export interface Invocation {
  readonly host: Host
  /** Absolute: `-C DIR`, else the current directory. */
  readonly directory: string
  readonly colorOf: (output: Host['stdout']) => boolean
}
