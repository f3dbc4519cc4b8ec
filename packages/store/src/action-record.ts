import type { Digest, TargetId } from '@orchestrate/core'

/** The stored outcome of a fingerprint. Written only after everything it names is in the store. */
export type ActionRecord = BuildRecord | ImageRecord | ToolchainRecord

interface RecordHead {
  /** Bumped when the meaning of any field changes; a record of another schema is a miss. */
  readonly schema: 1
  readonly fingerprint: Digest
  /** The target that it was first built for; informational. */
  readonly target: TargetId
  readonly durationMs: number
  /** Milliseconds since the Unix epoch; informational. */
  readonly finishedAt: number
}

export interface BuildRecord extends RecordHead {
  readonly kind: 'build'
  /** By declared output, sorted: the digest of its Tree and the sum of its files in bytes. */
  readonly artifacts: readonly { readonly output: string; readonly tree: Digest; readonly bytes: number }[]
  /** The builder's log, or null when it wrote nothing. */
  readonly log: Digest | null
  readonly toolchainBytes: number
}

/** A layer's bytes: a stored tar, or a list of entries from which the tar is made again. */
export interface StoredLayer {
  /** Of the gzip blob. */
  readonly digest: Digest
  /** Bytes of the gzip blob. */
  readonly size: number
  readonly diffId: Digest
  /** Bytes of the uncompressed tar. */
  readonly uncompressedSize: number
  readonly source: { readonly kind: 'tar'; readonly blob: Digest } | { readonly kind: 'entries'; readonly blob: Digest }
}

export interface ImageRecord extends RecordHead {
  readonly kind: 'image'
  /** Digests of the stored manifest and config; the config's is the ImageID. */
  readonly manifest: Digest
  readonly config: Digest
  readonly layers: readonly StoredLayer[]
  /** Uncompressed layers plus config plus manifest. */
  readonly bytes: number
  readonly toolchainBytes: number | null
}

/** A toolchain's root file system; found by the toolchain's identity, which stands in `fingerprint`. */
export interface ToolchainRecord extends RecordHead {
  readonly kind: 'toolchain'
  /** Uncompressed tars in the store, lowest first; empty when only an engine holds them. */
  readonly layers: readonly { readonly diffId: Digest; readonly size: number }[]
  /** `/etc/ssl/certs/ca-certificates.crt` of the root file system, or null when it has none. */
  readonly certificates: Digest | null
  /** Size of the root file system in bytes. */
  readonly bytes: number
}
