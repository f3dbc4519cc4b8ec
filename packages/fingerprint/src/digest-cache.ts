/** Where a digest cache is kept: a file of the workspace's state in the store. Losing it costs time only. */
export interface CacheFile {
  /** The bytes that were saved last, or null. */
  load(): Promise<Uint8Array | null>
  /** Replaces them as a whole. A caller that cannot save says so itself: it must not reject. */
  save(bytes: Uint8Array): Promise<void>
}

/** The length of `sha256:` and its digits. */
export const DIGEST_LENGTH = 71
