import type { Diagnostic, Digest, Platform } from '@orchestrate/core'

/** builder.lock, read and compared with what the workspace declares. */
export interface LockedToolchains {
  /** Identity of every declared toolchain and base by name; null where builder.lock has no entry yet, or an outdated one. */
  readonly identities: ReadonlyMap<string, Digest | null>
  /** Entries whose declaration has changed since: `lock/out-of-date`. */
  readonly stale: readonly Diagnostic[]
  /** Names of declared toolchains and bases that have no entry, sorted. */
  readonly missing: readonly string[]
  /** The entries as they were read, by name: those of `stale` included. */
  readonly lock: Lock
}

/** What builder.lock holds. */
export interface Lock {
  readonly entries: ReadonlyMap<string, LockEntry>
}

export interface LockEntry {
  /** SHA-256 of `root`; see `toolchainIdentity`. */
  readonly identity: Digest
  readonly root: RootDescription
  /** Bytes of the root file system. */
  readonly size: number
  readonly source: LockedSource
}

/** The part of a root file system that makes its identity. */
export interface RootDescription {
  /** Ordered, lowest layer first. */
  readonly diffIds: readonly Digest[]
  /** The root's own defaults (PATH, …). */
  readonly env: ReadonlyMap<string, string>
  readonly user: string | null
  readonly workdir: string | null
  readonly platform: Platform
}

/** The declaration as it was when it was locked, with what it resolved to. */
export type LockedSource =
  | {
      readonly kind: 'debian'
      readonly suite: string
      readonly mirror: string | null
      readonly snapshot: string | null
      /** As declared, sorted. */
      readonly packages: readonly string[]
      /** Every package of the root file system with its version. */
      readonly versions: ReadonlyMap<string, string>
    }
  | { readonly kind: 'image'; readonly reference: string }
  | {
      readonly kind: 'archive'
      /** As declared: `oci:images/go:1.24`. */
      readonly path: string
      /** SHA-256 of the archive, or of the index of the layout. */
      readonly archive: Digest
    }
  | {
      readonly kind: 'rootfs'
      readonly path: string
      /** SHA-256 of the archive in the work tree. */
      readonly archive: Digest
    }
