import { err, ok, type Result, type Span } from '@orchestrate/core'
import type { Finding } from './findings.ts'
import type { Override } from './override.ts'
import { quote } from './quote.ts'
import { type MapEntry, type MapNode, mapNode, type PathStep, type YamlNode } from './yaml-node.ts'

/**
 * The map with the override's value at `path`; maps on the way are made, and a map that has a key with dots is entered by it.
 * `path` ends with steps of the override's own.
 */
export function setValue(root: MapNode, path: readonly PathStep[], override: Override): Result<MapNode, Finding> {
  const [first, ...rest] = path
  if (first === undefined) return err(notAMap(override, 'a whole declaration cannot be set'))
  return setBelow(root, [String(first), ...rest.map(String)], override)
}

function setBelow(map: MapNode, path: readonly string[], override: Override): Result<MapNode, Finding> {
  const length = longestKey(map, path)
  const key = path.slice(0, length).join('.')
  const rest = path.slice(length)
  const entry = map.entries.get(key)
  const keySpan = entry?.keySpan ?? spanOf(override, path.length, rest.length)
  const changed = rest.length === 0 ? leaf(entry?.value, override, key) : branch(entry?.value, keySpan, { rest, key, override })
  if (!changed.ok) return changed
  const entries = new Map<string, MapEntry>(map.entries)
  entries.set(key, { keySpan, value: changed.value })
  return ok(mapNode(entries, map.span))
}

function leaf(present: YamlNode | undefined, override: Override, key: string): Result<YamlNode, Finding> {
  if (present === undefined || present.kind === 'scalar') return ok(override.value)
  return err(notAMap(override, `${quote(key)} is a ${present.kind}, and --set changes single values`))
}

function branch(
  present: YamlNode | undefined,
  span: Span,
  { rest, key, override }: { readonly rest: readonly string[]; readonly key: string; readonly override: Override },
): Result<YamlNode, Finding> {
  if (present === undefined || (present.kind === 'scalar' && present.value === null))
    return setBelow(mapNode(new Map(), span), rest, override)
  if (present.kind === 'map') return setBelow(present, rest, override)
  return err(
    notAMap(
      override,
      `${quote(key)} is ${present.kind === 'list' ? 'a list' : 'a single value'}, and has nothing named ${quote(rest.join('.'))}`,
    ),
  )
}

function longestKey(map: MapNode, path: readonly string[]): number {
  for (let length = path.length; length > 1; length--) if (map.entries.has(path.slice(0, length).join('.'))) return length
  return 1
}

/** Steps are counted from the end: the beginning of a path may be another one in the file. */
function spanOf({ spans, value }: Override, left: number, after: number): Span {
  return spans[spans.length - left] ?? spans[spans.length - after - 1] ?? value.span
}

function notAMap({ spans, value }: Override, message: string): Finding {
  return { id: 'config/invalid-override', message, span: spans.at(-1) ?? value.span, help: 'name a key below it, or change the file' }
}
