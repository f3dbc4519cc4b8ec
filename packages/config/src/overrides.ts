import type { Span } from '@orchestrate/core'
import { CONFIG_FILE } from './config-files.ts'
import type { Findings } from './findings.ts'
import { type Override, OVERRIDES_FILE, parseOverrides } from './override.ts'
import { quote } from './quote.ts'
import type { Document } from './read-document.ts'
import { setValue } from './set-value.ts'
import { suggest } from './suggest.ts'
import { isText, nodeAt, type PathStep, toPlain, type YamlNode } from './yaml-node.ts'

/** What `--set` changes of the configuration, before any of it is validated. */
export interface Overrides {
  /** What a document says with the changes that are meant for it. */
  apply(document: Document): Document
  /** Reports those that no document took. */
  reportRest(findings: Findings): void
  /** What code frames of findings about them are cut from. */
  readonly texts: ReadonlyMap<string, string>
}

/** @param written `PATH=VALUE` each, as typed; what is wrong with them is reported. */
export async function openOverrides(written: readonly string[], findings: Findings): Promise<Overrides> {
  const overrides = written.length === 0 ? [] : await parseOverrides(written, findings)
  const pending = new Set(overrides)
  const known = { services: new Set<string>(), toolchains: new Set<string>(), templates: new Set<string>() }
  return {
    apply(document) {
      if (overrides.length === 0 || !document.parsed.ok) return document
      let { root } = document.parsed.value
      for (const [kind, names] of Object.entries(known)) for (const name of namesIn(root, kind)) names.add(name)
      for (const override of pending) {
        const place = placeIn(root, document.path, override)
        if (place === null) continue
        pending.delete(override)
        const changed = setValue(root, [...place.path, ...place.rest], override)
        if (changed.ok) root = changed.value
        else findings.report(changed.error)
      }
      if (root === document.parsed.value.root) return document
      return { ...document, isOverridden: true, parsed: { ok: true, value: { root, plain: toPlain(root) } } }
    },
    reportRest(all) {
      for (const override of pending) reportUnknown(override, known, all)
    },
    texts: new Map(written.length === 0 ? [] : [[OVERRIDES_FILE, written.join('\n')]]),
  }
}

type Known = Readonly<Record<'services' | 'toolchains' | 'templates', ReadonlySet<string>>>

/** A path into a document, and what of the override's path lies below it. */
interface Place {
  readonly path: readonly PathStep[]
  readonly rest: readonly string[]
}

function placeIn(root: YamlNode, file: string, { steps }: Override): Place | null {
  const [kind = '', ...rest] = steps
  if (kind === 'workspace') return file === CONFIG_FILE ? { path: [kind], rest } : null
  const name = longestName(rest, namesIn(root, kind))
  if (name === null) return null
  const below = rest.slice(name.length)
  const joined = name.join('.')
  const isWhole = kind === 'services' && textAt(root, 'service') === joined
  return { path: isWhole ? [] : [kind, joined], rest: below }
}

/** Names may hold dots, so the longest that fits is meant. */
function longestName(steps: readonly string[], names: readonly string[]): readonly string[] | null {
  for (let length = steps.length; length > 0; length--) {
    const name = steps.slice(0, length)
    if (names.includes(name.join('.'))) return name
  }
  return null
}

function namesIn(root: YamlNode, kind: string): readonly string[] {
  const declared = nodeAt(root, [kind])
  const single = kind === 'services' ? textAt(root, 'service') : null
  return [...(declared?.kind === 'map' ? declared.entries.keys() : []), ...(single === null ? [] : [single])]
}

function textAt(root: YamlNode, key: string): string | null {
  const node = nodeAt(root, [key])
  return node !== null && isText(node) ? node.value : null
}

const KINDS = ['services', 'templates', 'toolchains', 'workspace']

function reportUnknown({ steps, spans }: Override, known: Known, findings: Findings): void {
  const [kind = '', name = ''] = steps
  const at = (index: number): Span | null => spans[index] ?? spans[0] ?? null
  if (kind !== 'services' && kind !== 'toolchains' && kind !== 'templates') {
    if (kind === 'workspace') return
    findings.report({
      id: 'config/invalid-override',
      message: `--set cannot change ${quote(kind)}`,
      span: at(0),
      help: suggest(kind, KINDS, 'beginnings of a path'),
    })
    return
  }
  findings.report({
    id: 'config/invalid-override',
    message: name === '' ? `--set names none of the ${kind}` : `--set names ${quote(name)}, which is none of the ${kind}`,
    span: at(1),
    help: suggest(name, known[kind], kind),
  })
}
