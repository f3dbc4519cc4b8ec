import type { Located, Span } from '@orchestrate/core'

/** A YAML value that knows where it was written; aliases are resolved, keys are strings. */
export type YamlNode = ScalarNode | ListNode | MapNode

export type ScalarValue = string | number | boolean | null

export interface ScalarNode {
  readonly kind: 'scalar'
  readonly value: ScalarValue
  readonly span: Span
  /**
   * `variable`: the value of a lone `${{ … }}`, which becomes a string where only strings are allowed.
   * `refused`: stands where a value was that has been reported; its key is there, its value is not.
   */
  readonly origin: 'written' | 'variable' | 'refused'
  /** What a `variable` becomes as a string, where that is not plainly its value: `1.10`. */
  readonly text?: string
}

export interface ListNode {
  readonly kind: 'list'
  readonly items: readonly YamlNode[]
  readonly span: Span
}

export interface MapNode {
  readonly kind: 'map'
  /** In the order of the file. */
  readonly entries: ReadonlyMap<string, MapEntry>
  readonly span: Span
}

export interface MapEntry {
  readonly keySpan: Span
  readonly value: YamlNode
}

export type PlainValue = ScalarValue | readonly PlainValue[] | { readonly [key: string]: PlainValue }

export const scalarNode = (value: ScalarValue, span: Span): ScalarNode => ({ kind: 'scalar', value, span, origin: 'written' })

export const mapNode = (entries: ReadonlyMap<string, MapEntry>, span: Span): MapNode => ({ kind: 'map', entries, span })

/** The value without its places, for the schema's validator. Maps have no prototype, so that `__proto__` is a key like others. */
export function toPlain(node: YamlNode): PlainValue {
  if (node.kind === 'scalar') return node.value
  if (node.kind === 'list') return node.items.map(toPlain)
  const plain: { [key: string]: PlainValue } = Object.create(null)
  for (const [key, entry] of node.entries) plain[key] = toPlain(entry.value)
  return plain
}

/** One step into a node: a key of a map or an index of a list. */
export type PathStep = string | number

/**
 * The same tree with every scalar replaced by what `change` makes of it; untouched parts are shared.
 * `path` grows and shrinks with the walk: `change` reads it and does not keep it.
 */
export function mapScalars(node: YamlNode, change: (scalar: ScalarNode, path: readonly PathStep[]) => ScalarNode): YamlNode {
  const path: PathStep[] = []
  const visit = (current: YamlNode): YamlNode => {
    if (current.kind === 'scalar') return change(current, path)
    const visitAt = (step: PathStep, child: YamlNode) => {
      path.push(step)
      const changed = visit(child)
      path.pop()
      return changed
    }
    if (current.kind === 'map') return withValues(current, visitAt)
    const items = current.items.map((item, index) => visitAt(index, item))
    return items.every((item, index) => item === current.items[index]) ? current : { ...current, items }
  }
  return visit(node)
}

/** The same map with every value replaced by what `change` makes of it; the map itself when nothing changes. */
export function withValues(map: MapNode, change: (key: string, value: YamlNode) => YamlNode): MapNode {
  let changed: Map<string, MapEntry> | null = null
  for (const [key, entry] of map.entries) {
    const value = change(key, entry.value)
    if (value === entry.value) continue
    changed ??= new Map(map.entries)
    changed.set(key, { ...entry, value })
  }
  return changed === null ? map : { ...map, entries: changed }
}

/** Whether a string of the tree passes `test`. */
export function someText(node: YamlNode, test: (text: string) => boolean): boolean {
  if (node.kind === 'scalar') return typeof node.value === 'string' && test(node.value)
  if (node.kind === 'list') return node.items.some((item) => someText(item, test))
  for (const { value } of node.entries.values()) if (someText(value, test)) return true
  return false
}

export interface Refused {
  /** Values that go with their keys. */
  readonly dropped: ReadonlySet<YamlNode>
  /** Values whose keys stay, so that nothing else reports them as missing. */
  readonly emptied: ReadonlySet<YamlNode>
  /** Values of misspelt keys, and the keys that were meant: those count as written. */
  readonly misspelt: ReadonlyMap<YamlNode, string>
}

/** The same tree without what was refused. */
export function withoutRefused(node: YamlNode, refused: Refused): YamlNode {
  if (refused.emptied.has(node)) return refusedNode(node)
  if (node.kind === 'scalar') return node
  if (node.kind === 'list') return { ...node, items: node.items.map((item) => withoutRefused(item, refused)) }
  const entries = new Map<string, MapEntry>()
  for (const [key, entry] of node.entries) {
    const meant = refused.misspelt.get(entry.value)
    if (!refused.dropped.has(entry.value)) entries.set(key, { ...entry, value: withoutRefused(entry.value, refused) })
    else if (meant !== undefined && !node.entries.has(meant)) entries.set(meant, { ...entry, value: refusedNode(entry.value) })
  }
  return { ...node, entries }
}

const refusedNode = ({ span }: YamlNode): YamlNode => ({ kind: 'scalar', value: null, span, origin: 'refused' })

export function isRefused(node: YamlNode | null): boolean {
  return node?.kind === 'scalar' && node.origin === 'refused'
}

/** The value of a scalar as a string. */
export const spell = ({ text, value }: ScalarNode): string => text ?? String(value)

/** What lies at `path`, or null. */
export function nodeAt(node: YamlNode, path: readonly PathStep[]): YamlNode | null {
  let current: YamlNode | undefined = node
  for (const step of path) {
    if (current?.kind === 'map') current = current.entries.get(String(step))?.value
    else if (current?.kind === 'list') current = current.items[Number(step)]
    else return null
  }
  return current ?? null
}

export function isText(node: YamlNode): node is ScalarNode & { readonly value: string } {
  return node.kind === 'scalar' && typeof node.value === 'string'
}

export function located(node: ScalarNode & { readonly value: string }): Located<string> {
  return { value: node.value, span: node.span }
}
