import type { Clock, Digest } from '@orchestrate/core'
import type { RunIdentity } from '@orchestrate/execute'
import type { DockerApi } from './docker-api.ts'
import type { EngineFacts } from './negotiate.ts'
import type { Reaper } from './start-reaper.ts'

/** What the parts of one engine share for the time of a run. */
export interface DockerSession {
  readonly api: DockerApi
  readonly run: RunIdentity
  readonly clock: Clock
  /** Directory for temporary files; made when needed. */
  readonly spoolDirectory: string
  /** Paths that the engine names may be looked at: its machine is this one. */
  readonly sharesFiles: boolean
  readonly reaper: Reaper
  /** Speaks with the engine first if nobody has yet. Throws what `attempt` understands. */
  facts(signal: AbortSignal): Promise<EngineFacts>
  /** Layers of images that were looked at in this run, by id: an id is a digest of its content. */
  readonly layersOfImages: Map<string, readonly Digest[]>
  /** By identity of a root file system: the engine's id of its image, being imported or ready. */
  readonly rootImages: Map<Digest, Promise<string>>
  /** False after the engine has refused to lay a writable layer over a view; then views are copied. */
  overlay: boolean
  /** Names of containers of which something may be left: close() looks for it. */
  readonly unsettled: Set<string>
}
