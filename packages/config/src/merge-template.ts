import type { Findings } from './findings.ts'
import { type MapEntry, type MapNode, mapNode, type PathStep, withValues, type YamlNode } from './yaml-node.ts'

/** The list item that stands for the template's items. */
const ELLIPSIS = '...'

/** `build: …` as `builds: { build: … }`, without what only tells how to expand the service. */
export function normaliseService(service: YamlNode): MapNode {
  if (service.kind !== 'map') return mapNode(new Map(), service.span)
  const entries = new Map<string, MapEntry>()
  for (const [key, entry] of service.entries) {
    if (key === 'build') entries.set('builds', { keySpan: entry.keySpan, value: mapNode(new Map([['build', entry]]), entry.value.span) })
    else if (key !== 'extends' && key !== 'with' && key !== 'params') entries.set(key, entry)
  }
  return mapNode(entries, service.span)
}

/** Maps are merged by key; a scalar or a list of the service's replaces the template's, with `"..."` for the template's items. */
export function mergeTemplate(template: YamlNode, own: YamlNode, path: readonly PathStep[] = []): YamlNode {
  if (own.kind === 'list') return { ...own, items: own.items.flatMap((item) => (isEllipsis(item) ? itemsOf(template) : [item])) }
  if (own.kind !== 'map' || template.kind !== 'map') return own
  const entries = new Map(withoutAlternatives(template, own, path).entries)
  for (const [key, entry] of own.entries) {
    const inherited = entries.get(key)
    entries.set(
      key,
      inherited === undefined ? entry : { keySpan: entry.keySpan, value: mergeTemplate(inherited.value, entry.value, [...path, key]) },
    )
  }
  return { ...own, entries }
}

/** Takes out every `"..."` that stands for nothing, and reports it. `place` is for messages. */
export function withoutEllipses(node: YamlNode, place: string, findings: Findings): YamlNode {
  if (node.kind === 'list') {
    const stray = node.items.filter(isEllipsis)
    for (const { span } of stray)
      findings.report({
        id: 'config/stray-ellipsis',
        message: `"..." in ${place} stands for no items of a template`,
        span,
        help: 'remove it, or extend a template that has this list',
      })
    const items = node.items.filter((item) => !isEllipsis(item)).map((item) => withoutEllipses(item, place, findings))
    return stray.length === 0 && items.every((item, index) => item === node.items[index]) ? node : { ...node, items }
  }
  return node.kind === 'scalar' ? node : withValues(node, (_, value) => withoutEllipses(value, place, findings))
}

function isEllipsis(node: YamlNode): boolean {
  return node.kind === 'scalar' && node.value === ELLIPSIS
}

function itemsOf(template: YamlNode): readonly YamlNode[] {
  return template.kind === 'list' ? template.items : template.kind === 'scalar' ? [template] : []
}

/** Keys of which a map has one: choosing another drops the template's choice. */
function withoutAlternatives(template: MapNode, own: MapNode, path: readonly PathStep[]): MapNode {
  const alternatives = alternativesAt(path)
  const chosen = alternatives.find((key) => own.entries.has(key))
  if (chosen === undefined) return template
  return { ...template, entries: new Map([...template.entries].filter(([key]) => key === chosen || !alternatives.includes(key))) }
}

function alternativesAt([first, second, ...rest]: readonly PathStep[]): readonly string[] {
  if (rest.length > 0) return []
  if (first === 'builds' && second !== undefined) return ['run', 'exec']
  return first === 'image' && second === 'from' ? ['debian', 'toolchain', 'service'] : []
}
