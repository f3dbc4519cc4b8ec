import type { Digest } from '@orchestrate/core'

/** An image on disk, its config not yet read and its layers not yet proved. */
export interface DiskImage {
  /** JSON. */
  readonly config: string
  /** Lowest first. */
  readonly layers: readonly DiskLayer[]
}

export interface DiskLayer {
  /** For messages. */
  readonly name: string
  /** Of the bytes as they lie on disk; null where the format does not say. */
  readonly expected: Digest | null
  /** The bytes as they lie on disk, compressed or not. */
  readonly open: (signal: AbortSignal) => AsyncIterable<Uint8Array>
}
