import { join } from 'node:path'
import { type Digest, digestHex } from '@orchestrate/core'

/** A blob's file, or its executable twin: two inodes, because a view's hard links share the mode of what they link. */
export type Variant = 'plain' | 'executable'

export const variantOf = (executable: boolean): Variant => (executable ? 'executable' : 'plain')

export const otherVariant = (variant: Variant): Variant => (variant === 'plain' ? 'executable' : 'plain')

export const BLOB_MODES: Readonly<Record<Variant, number>> = { plain: 0o444, executable: 0o555 }

/** 1980-01-02T00:00:00Z in seconds: zip and jar refuse times before 1980. */
export const STORE_EPOCH = 315_619_200

/** Path of a blob's file below the store: `blobs/sha256/ab/<hex>`, with `.x` for the executable twin. */
export function blobPath(root: string, digest: Digest, variant: Variant): string {
  const hex = digestHex(digest)
  return `${join(root, 'blobs', 'sha256')}/${hex.slice(0, 2)}/${hex}${variant === 'executable' ? '.x' : ''}`
}

/**
 * The modification time of a blob in seconds: STORE_EPOCH plus digest mod 2^29. Constant for equal content, different for different
 * content, because compilers key their caches by size and mtime (Go's module index does).
 */
export function blobTime(digest: Digest): number {
  return STORE_EPOCH + (Number.parseInt(digestHex(digest).slice(-8), 16) & 0x1fff_ffff)
}
