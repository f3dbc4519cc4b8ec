import type { Clock } from '@orchestrate/core'
import type { RunIdentity } from '@orchestrate/execute'

/** What an embedded engine is made with. */
export interface EmbeddedEngineOptions {
  /** Path or name of an OCI runtime; null takes crun, else runc, whichever starts a container. */
  readonly runtime: string | null
  /** Absolute; root file systems, caches and the directories of running builders are kept below it, mode 0700. */
  readonly directory: string
  readonly run: RunIdentity
  /** The host's environment: PATH finds the runtime and its helpers; proxy and certificate variables are not read here. */
  readonly env: ReadonlyMap<string, string>
  /** Of this process. */
  readonly uid: number
  readonly gid: number
  readonly clock: Clock
  /** One live line for a long step, such as unpacking a toolchain. */
  readonly progress: (message: string) => void
}
