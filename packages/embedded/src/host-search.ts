import type { RunIdentity } from '@orchestrate/execute'
import type { Breath } from '@orchestrate/store'
import type { CgroupPlace } from './cgroup-place.ts'
import type { Host, Tools } from './runtime.ts'

/** What is looked for, and where. */
export interface HostSearch {
  /** Path or name of a runtime, or null for the known ones. */
  readonly runtime: string | null
  /** Of the engine, absolute. */
  readonly directory: string
  readonly run: RunIdentity
  /** PATH of this machine. */
  readonly searchPath: string
  readonly uid: number
  readonly place: CgroupPlace
  readonly unified: string | null
  /** Of loops over files. */
  readonly breath: () => Breath
}

/** How containers are started here. */
export interface FoundHost {
  readonly host: Host
  readonly tools: Tools
  /** Known from an earlier process, and not tried by this one. */
  readonly remembered: boolean
}
