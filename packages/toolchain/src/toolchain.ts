import type { ToolchainDeclaration } from '@orchestrate/config'
import type { Digest, Diagnostic, Result, Trouble } from '@orchestrate/core'
import type { RootFilesystem } from '@orchestrate/execute'

/** builder.lock, read and compared with what the workspace declares. */
export interface LockedToolchains {
  /** Identity of every declared toolchain and base by name; null where builder.lock has no entry yet. */
  readonly identities: ReadonlyMap<string, Digest | null>
  /** Entries whose declaration has changed since: `lock/out-of-date`. */
  readonly stale: readonly Diagnostic[]
}

/** Makes toolchains ready: bootstraps, imports, locks. */
export interface Toolchains {
  /**
   * The root file system of a toolchain, bootstrapped or read when the store lacks it.
   * With an identity, anything else than that identity is an error; without, the new identity goes into builder.lock.
   */
  ready(declaration: ToolchainDeclaration, identity: Digest | null, options: ReadyOptions): Promise<Result<ReadyToolchain, Trouble>>
}

export interface ReadyOptions {
  /** One live line for a long step. */
  readonly progress: (message: string) => void
  readonly signal: AbortSignal
}

export interface ReadyToolchain {
  readonly identity: Digest
  readonly root: RootFilesystem
  /** `/etc/ssl/certs/ca-certificates.crt` as a blob, or null. */
  readonly certificates: Digest | null
}
