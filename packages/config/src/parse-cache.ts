import { type Digest, digestOf } from '@orchestrate/core'
import { type MapEntry, type MapNode, type PlainValue, type YamlNode } from './yaml-node.ts'

/** One text that the caller keeps between runs. Losing it costs time, nothing else. */
export interface ParseCache {
  /** What `save` was last given, or null. */
  load(): string | null
  save(text: string): void
}

/** A file as nodes with places, and as the plain value that the schema's validator reads. */
export interface ParsedFile {
  readonly root: MapNode
  readonly plain: PlainValue
}

/** Parsed files by the digest of their bytes. */
export interface ParsedFiles {
  get(digest: Digest, file: string): ParsedFile | null
  put(digest: Digest, parsed: ParsedFile): void
  /** Keeps exactly the files that were asked for or put since it was opened. */
  close(): void
}

/** A file's value, and in the order of a walk an offset and a length for each value, before it those of its key. */
type Entry = readonly [digest: Digest, value: PlainValue, offsets: readonly number[]]

const FORMAT = 'orchestrate/parse-cache 1'

/**
 * Opens the cache. A text that is damaged, or of another version, counts as an empty one:
 * it starts with the digest of the rest.
 */
export function openParseCache(cache: ParseCache): ParsedFiles {
  const known = new Map<Digest, Entry>()
  for (const entry of readEntries(cache.load())) known.set(entry[0], entry)
  const used = new Map<Digest, Entry>()
  return {
    get(digest, file) {
      const entry = known.get(digest)
      if (entry === undefined) return null
      used.set(digest, entry)
      return decode(entry, file)
    },
    put: (digest, { root, plain }) => void used.set(digest, [digest, plain, offsetsOf(root)]),
    close() {
      if (used.size === known.size && [...used.keys()].every((digest) => known.has(digest))) return
      const body = JSON.stringify([FORMAT, ...used.values()])
      cache.save(`${digestOf(body)}\n${body}`)
    },
  }
}

function readEntries(text: string | null): readonly Entry[] {
  const end = text?.indexOf('\n') ?? -1
  if (text === null || end < 0) return []
  const body = text.slice(end + 1)
  if (digestOf(body) !== text.slice(0, end)) return []
  // Its digest proves that this program wrote it, so it has this program's form.
  const [format, ...entries] = JSON.parse(body) as [string, ...Entry[]]
  return format === FORMAT ? entries : []
}

function offsetsOf(root: YamlNode): number[] {
  const offsets: number[] = []
  const visit = (node: YamlNode): void => {
    offsets.push(node.span.offset, node.span.length)
    if (node.kind === 'list') for (const item of node.items) visit(item)
    if (node.kind !== 'map') return
    for (const [, entry] of inPlainOrder(node.entries)) {
      offsets.push(entry.keySpan.offset, entry.keySpan.length)
      visit(entry.value)
    }
  }
  visit(root)
  return offsets
}

function decode([, value, offsets]: Entry, file: string): ParsedFile | null {
  let next = 0
  const span = () => ({ file, offset: offsets[next++] ?? 0, length: offsets[next++] ?? 0 })
  const visit = (plain: PlainValue): YamlNode => {
    const place = span()
    if (plain === null || typeof plain !== 'object') return { kind: 'scalar', value: plain, span: place, origin: 'written' }
    if (isList(plain)) return { kind: 'list', items: plain.map(visit), span: place }
    const entries = new Map<string, MapEntry>()
    for (const key of Object.keys(plain)) {
      const keySpan = span()
      entries.set(key, { keySpan, value: visit(plain[key] ?? null) })
    }
    return { kind: 'map', entries: inFileOrder(entries), span: place }
  }
  const root = visit(value)
  return root.kind === 'map' ? { root, plain: value } : null
}

const INDEX = /^\d/

/** Plain objects list keys that are integers first, so their walk has another order than the file. */
function inPlainOrder(entries: ReadonlyMap<string, MapEntry>): Iterable<[string, MapEntry]> {
  if (![...entries.keys()].some((key) => INDEX.test(key))) return entries
  const plain: { [key: string]: MapEntry } = Object.create(null)
  for (const [key, entry] of entries) plain[key] = entry
  return Object.entries(plain)
}

function inFileOrder(entries: ReadonlyMap<string, MapEntry>): ReadonlyMap<string, MapEntry> {
  if (![...entries.keys()].some((key) => INDEX.test(key))) return entries
  return new Map([...entries].toSorted(([, a], [, b]) => a.keySpan.offset - b.keySpan.offset))
}

function isList(value: object): value is readonly PlainValue[] {
  return Array.isArray(value)
}
