import { createHash, hash } from 'node:crypto'

declare const digestBrand: unique symbol

/**
 * `sha256:` and 64 lower-case hexadecimal digits.
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/descriptor.md#digests
 */
export type Digest = string & { readonly [digestBrand]: true }

const PATTERN = /^sha256:[a-f0-9]{64}$/

/** The digest that `text` spells, or null when it spells none. */
export function parseDigest(text: string): Digest | null {
  return isDigest(text) ? text : null
}

export function isDigest(text: string): text is Digest {
  return PATTERN.test(text)
}

/** The SHA-256 of `bytes` (a string counts as its UTF-8 bytes). */
export function digestOf(bytes: Uint8Array | string): Digest {
  return digestFromHex(hash('sha256', bytes))
}

/** @throws when `hex` is not 64 lower-case hexadecimal digits (a bug of the caller). */
export function digestFromHex(hex: string): Digest {
  const digest = `sha256:${hex}`
  if (!isDigest(digest)) throw new Error(`not a SHA-256: ${hex}`)
  return digest
}

/** The 64 hexadecimal digits alone, as blob paths use them. */
export function digestHex(digest: Digest): string {
  return digest.slice('sha256:'.length)
}

/** Digests a stream piece by piece; `digest()` may be called once. */
export interface Digester {
  update(bytes: Uint8Array): void
  digest(): Digest
}

export function createDigester(): Digester {
  const running = createHash('sha256')
  return {
    update: (bytes) => void running.update(bytes),
    digest: () => digestFromHex(running.digest('hex')),
  }
}
