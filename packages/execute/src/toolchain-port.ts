import type { ToolchainDeclaration } from '@orchestrate/config'
import type { Digest, EnvironmentError, Result, Trouble } from '@orchestrate/core'
import type { TreeEntry } from '@orchestrate/store'
import type { RootFilesystem } from './engine.ts'

/** Makes toolchains ready: bootstraps, imports, locks. Implemented by the package `toolchain`. */
export interface ToolchainProvider {
  /**
   * The root file system of a toolchain, bootstrapped or read when the store lacks it.
   * With an identity, anything else than that identity is an error; without, the new identity goes into builder.lock.
   */
  ready(declaration: ToolchainDeclaration, identity: Digest | null, options: ReadyOptions): Promise<Result<ReadyToolchain, Trouble>>
  /**
   * `/usr/share/zoneinfo` of a toolchain that was made ready with its layers, its contents in the store; null when it has none.
   * Links that lead out of it are left out.
   */
  timezones(toolchain: ReadyToolchain): Promise<Result<readonly TreeEntry[] | null, EnvironmentError>>
}

export interface ReadyOptions {
  /** True when an image is based on it: its layers must be in the store even if an engine holds them. */
  readonly layers: boolean
  /** One live line for a long step. */
  readonly progress: (message: string) => void
  readonly signal: AbortSignal
}

export interface ReadyToolchain {
  readonly identity: Digest
  readonly root: RootFilesystem
  /** `/etc/ssl/certs/ca-certificates.crt` as a blob, or null when the root has none. */
  readonly certificates: { readonly digest: Digest; readonly size: number } | null
}
