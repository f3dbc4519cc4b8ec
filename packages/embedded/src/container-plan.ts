import type { BuilderLimits, RunIdentity } from '@orchestrate/execute'
import type { ContainerUser } from './find-user.ts'

/** Everything about one container, whoever wants it. */
export interface ContainerPlan {
  /** The container's own directory on this machine, absolute and empty but for `out`; see `openContainerDirectory`. */
  readonly directory: string
  readonly run: RunIdentity
  /** Unique among all containers of this machine: `orchestrate-<run>-<name>`. */
  readonly id: string
  /** Absolute directory of this machine, shared with other containers and never written to. */
  readonly root: string
  readonly argv: readonly string[]
  /** Complete. */
  readonly env: ReadonlyMap<string, string>
  /** Absolute, inside. */
  readonly workdir: string
  readonly user: ContainerUser
  readonly hostname: string
  readonly mounts: readonly ContainerMount[]
  readonly network: 'off' | 'host'
  readonly limits: BuilderLimits
  /** Grace between stop and kill, milliseconds. */
  readonly graceMs: number
}

export interface ContainerMount {
  /** Absolute, inside. */
  readonly to: string
  /** Absolute, a directory or file of this machine. */
  readonly source: string
  readonly kind: 'directory' | 'file'
  /** `throw-away` lays an overlay over a directory: what is written goes with the container. */
  readonly access: 'read-only' | 'writable' | 'throw-away'
}
