import type { Digest, EnvironmentError, Result } from '@orchestrate/core'
import type { RootFilesystem } from '@orchestrate/execute'

/** Toolchains as directories: unpacked once, shared by all builders, never written to afterwards. */
export interface Roots {
  /**
   * The directory of a root file system; unpacks it when it is not there. Everybody who asks at once waits for one unpacking,
   * also across processes. Everything in it belongs to the caller, without setuid bits and devices.
   *
   * @param mountPoints absolute paths inside the root that must exist as directories, besides those that builders always need.
   */
  ensure(root: RootFilesystem, mountPoints: readonly string[], signal: AbortSignal): Promise<Result<RootDirectory, EnvironmentError>>
  /** Whether everything in the directory is as it was unpacked; looks once per process and root. */
  verify(root: RootDirectory): Promise<boolean>
  /** Removes a directory that did not verify, so that the next `ensure` unpacks it again. */
  discard(root: RootDirectory): Promise<void>
}

/** A root file system on this machine's disk. */
export interface RootDirectory {
  /** Absolute; itself the root, read-only for everybody but `Roots`. */
  readonly path: string
  readonly identity: Digest
}
