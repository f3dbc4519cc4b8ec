import { hostile } from './archive-fault.ts'
import type { BinaryText } from './binary-text.ts'

/** What an entry says about lower layers. `foreign`: a mark of another program's own, without a meaning here. */
export type Whiteout = { readonly kind: 'opaque' } | { readonly kind: 'entry'; readonly name: BinaryText } | { readonly kind: 'foreign' }

const PREFIX = '.wh.'

/**
 * Reads the last segment of an entry's name as a whiteout; null for an ordinary name.
 *
 * @param entry the whole name, for messages
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/layer.md#whiteouts
 * @throws ArchiveFault for a whiteout of a directory's own or parent name
 */
export function readWhiteout(name: BinaryText, entry: BinaryText): Whiteout | null {
  if (!name.startsWith(PREFIX)) return null
  if (name === '.wh..wh..opq') return { kind: 'opaque' }
  if (name.startsWith('.wh..wh.')) return { kind: 'foreign' }
  const hidden = name.slice(PREFIX.length)
  if (hidden === '' || hidden === '.' || hidden === '..') throw hostile(entry, 'it is a whiteout of no name')
  return { kind: 'entry', name: hidden }
}
