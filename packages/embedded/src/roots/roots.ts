import type { Clock, Digest, EnvironmentError, Result } from '@orchestrate/core'
import type { EmittedImage, RootFilesystem } from '@orchestrate/execute'

/** What `openRoots` (open-roots.ts) needs. It makes nothing on disk before it is asked for a root. */
export interface RootsOptions {
  /** Absolute; root file systems are kept in `roots/` below it, mode 0700. */
  readonly directory: string
  readonly clock: Clock
  /** Of this process; the superuser keeps the owners of an image's files, everybody else owns all of them. */
  readonly uid: number
  /** `find` of this machine, absolute; null where there is none. */
  readonly find: string | null
  /** One live line for a long unpacking. */
  readonly progress: (message: string) => void
}

/** Toolchains as directories: unpacked once, shared by all builders, never written to afterwards. */
export interface Roots {
  /**
   * The directory of a root file system; unpacks it when it is not there. Everybody who asks at once waits for one unpacking,
   * also across processes. Everything in it belongs to the caller, without setuid bits and devices.
   *
   * @param mountPoints absolute paths inside the root that must exist as directories, besides those that builders always need.
   */
  ensure(root: RootFilesystem, mountPoints: readonly string[], signal: AbortSignal): Promise<Result<RootDirectory, EnvironmentError>>
  /** The directory of an image's file system, likewise; its identity is the digest of its ordered DiffIDs. */
  ensureImage(image: EmittedImage, signal: AbortSignal): Promise<Result<RootDirectory, EnvironmentError>>
  /** Whether everything in the directory is as it was unpacked; looks once per process and root. */
  verify(root: RootDirectory): Promise<boolean>
  /** Removes a directory that did not verify, so that the next `ensure` unpacks it again. */
  discard(root: RootDirectory): Promise<void>
  /** Removes what unpackings and removals of dead processes left; gives the names. */
  sweep(): Promise<readonly string[]>
}

/** A root file system on this machine's disk. */
export interface RootDirectory {
  /** Absolute; itself the root, read-only for everybody but `Roots`. */
  readonly path: string
  readonly identity: Digest
}
