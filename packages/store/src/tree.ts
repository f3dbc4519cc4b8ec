import type { Digest } from '@orchestrate/core'

/**
 * One member of an artifact or of a view. Only the executable bit of a mode survives; owners and times do not.
 * `path` is relative, POSIX, normalised; empty for an artifact that is a single file or link.
 */
export type TreeEntry =
  | { readonly type: 'file'; readonly path: string; readonly digest: Digest; readonly size: number; readonly executable: boolean }
  | { readonly type: 'directory'; readonly path: string }
  | { readonly type: 'symlink'; readonly path: string; readonly target: string }

/** Sorted by path in code-unit order; parents are explicit directory entries. Stored as canonical JSON; its digest is the artifact's. */
export interface Tree {
  readonly entries: readonly TreeEntry[]
}
