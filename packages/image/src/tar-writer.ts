import { TAR_END_SIZE, type TarEntry, tarHeader, tarPadding } from './tar-header.ts'

/** An entry with its bytes: `content` is called once, when its turn comes, and only for files. */
export interface TarMember {
  readonly entry: TarEntry
  readonly content: () => Iterable<Uint8Array> | AsyncIterable<Uint8Array>
}

/**
 * Streams a tar, holding one piece of content at a time. The members' order is the archive's order; see `sortByPath`.
 * @throws when a member's content is not as long as its entry says, after which the archive is of no use.
 */
export async function* writeTar(members: Iterable<TarMember>): AsyncGenerator<Uint8Array> {
  for (const { entry, content } of members) {
    yield tarHeader(entry)
    if (entry.type !== 'file' || entry.size === 0) continue
    let size = 0
    for await (const piece of content()) {
      size += piece.length
      yield piece
    }
    if (size !== entry.size) throw new Error(`content of "${entry.path}" has ${size} bytes instead of ${entry.size}`)
    if (tarPadding(size) > 0) yield ZEROS.subarray(0, tarPadding(size))
  }
  yield ZEROS
}

/** Sorted by the bytes of the path, so that parents come before what they hold on every machine. */
export function sortByPath<T>(items: Iterable<T>, pathOf: (item: T) => string): T[] {
  return Array.from(items, (item) => ({ item, key: Buffer.from(pathOf(item)) }))
    .toSorted((a, b) => Buffer.compare(a.key, b.key))
    .map(({ item }) => item)
}

const ZEROS = Buffer.alloc(TAR_END_SIZE)
