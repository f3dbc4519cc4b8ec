import { err, ok, type Result, type Span } from '@orchestrate/core'
import type * as YamlModule from 'yaml'
import type { Alias, Document, Node, Pair, ParsedNode, Scalar, YAMLMap, YAMLSeq } from 'yaml'
import type { Finding } from './findings.ts'
import { quote } from './quote.ts'
import { type MapEntry, type MapNode, mapNode, scalarNode, type YamlNode } from './yaml-node.ts'

/** Levels of maps and lists that a file may nest. */
export const DEEPEST = 64
const MOST_ALIASES = 50
const CORE_TAGS = new Set(['str', 'int', 'float', 'bool', 'null', 'map', 'seq'].map((name) => `tag:yaml.org,2002:${name}`))

type Yaml = typeof YamlModule

interface Source {
  readonly file: string
  readonly text: string
}

/**
 * Turns the parser's document into nodes of our own: aliases written out, keys strings, numbers exact, no tags but those of the core schema.
 * `yaml` is the parser's module, which is not loaded for this file alone.
 */
export function convertDocument(yaml: Yaml, document: Document.Parsed, source: Source): Result<MapNode, readonly Finding[]> {
  return new Conversion(yaml, document, source).root()
}

export function tooDeep(span: Span): Finding {
  return { id: 'config/too-deep', message: `nested more than ${DEEPEST} levels deep`, span }
}

/** Spans end with their text: the parser counts the line break after a block value as its part. */
export function within(text: string, span: Span): Span {
  const written = text.slice(span.offset, span.offset + span.length)
  return { ...span, length: written.trimEnd().length }
}

class Conversion {
  readonly #yaml: Yaml
  readonly #document: Document.Parsed
  readonly #file: string
  readonly #text: string
  readonly #findings: Finding[] = []
  readonly #anchors = new Map<string, Node>()
  readonly #open = new Set<Node>()
  #aliases = 0

  constructor(yaml: Yaml, document: Document.Parsed, { file, text }: Source) {
    this.#yaml = yaml
    this.#document = document
    this.#file = file
    this.#text = text
  }

  root(): Result<MapNode, readonly Finding[]> {
    const contents: ParsedNode | null = this.#document.contents
    const start = { file: this.#file, offset: 0, length: 0 }
    if (contents === null || (this.#yaml.isScalar(contents) && contents.value === null)) {
      return err([{ id: 'config/syntax', message: 'the file is empty', span: start, help: 'start it with "version: 1"' }])
    }
    const node = this.#node(contents, 1, start)
    if (this.#findings.length > 0) return err(this.#findings)
    if (node.kind === 'map') return ok(node)
    const found = node.kind === 'list' ? 'a list' : 'a single value'
    return err([
      { id: 'config/wrong-type', message: `the file must be a map, not ${found}`, span: node.span, help: 'start it with "version: 1"' },
    ])
  }

  #node(node: Node | null, depth: number, place: Span): YamlNode {
    const yaml = this.#yaml
    if (node === null) return scalarNode(null, place)
    const span = this.#span(node, place)
    if (depth > DEEPEST) return this.#refuse(tooDeep(span))
    if (yaml.isAlias(node)) return this.#alias(node, depth, span)
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, node)
    if (node.tag !== undefined && !CORE_TAGS.has(node.tag)) {
      return this.#refuse({
        id: 'config/syntax',
        message: `the tag ${quote(node.tag.replace('tag:yaml.org,2002:', '!!'))} is not part of builder.yaml`,
        span,
        help: 'remove the tag',
      })
    }
    this.#open.add(node)
    const converted = yaml.isMap(node)
      ? this.#map(node, depth, span)
      : yaml.isSeq(node)
        ? this.#list(node, depth, span)
        : this.#scalar(node, span)
    this.#open.delete(node)
    return converted
  }

  #alias(alias: Alias, depth: number, span: Span): YamlNode {
    const target = this.#anchors.get(alias.source)
    if (target === undefined)
      return this.#refuse({ id: 'config/syntax', message: `no anchor ${quote(alias.source)} stands before this alias`, span })
    if (this.#open.has(target)) return this.#refuse({ id: 'config/syntax', message: `the alias ${quote(alias.source)} holds itself`, span })
    this.#aliases++
    if (this.#aliases === MOST_ALIASES + 1) {
      const message = `aliases expand to more than ${MOST_ALIASES} copies`
      this.#findings.push({ id: 'config/too-many-aliases', message, span, help: 'write the values out, or use a template' })
    }
    return this.#aliases > MOST_ALIASES ? scalarNode(null, span) : this.#node(target, depth, span)
  }

  #map(map: YAMLMap, depth: number, span: Span): YamlNode {
    const entries = new Map<string, MapEntry>()
    for (const pair of map.items as Pair<Node | null, Node | null>[]) {
      const keySpan = pair.key === null ? span : this.#span(pair.key, span)
      const key = this.#key(pair.key, keySpan)
      if (key === null) continue
      const earlier = entries.get(key)
      const value = this.#node(pair.value, depth + 1, { ...keySpan, offset: keySpan.offset + keySpan.length, length: 0 })
      if (earlier === undefined) entries.set(key, { keySpan, value })
      else
        this.#findings.push({
          id: 'config/duplicate-key',
          message: `duplicate key ${quote(key)}`,
          span: keySpan,
          notes: [{ message: 'first written here', span: earlier.keySpan }],
        })
    }
    return mapNode(entries, span)
  }

  #key(key: Node | null, span: Span): string | null {
    if (this.#yaml.isScalar(key) && key.value !== null && (key.tag === undefined || CORE_TAGS.has(key.tag))) {
      return typeof key.value === 'string' ? key.value : (key.source ?? null)
    }
    this.#findings.push({ id: 'config/syntax', message: 'a key must be a string', span })
    return null
  }

  #list(list: YAMLSeq, depth: number, span: Span): YamlNode {
    return { kind: 'list', items: (list.items as (Node | null)[]).map((item) => this.#node(item, depth + 1, span)), span }
  }

  #scalar(scalar: Node, span: Span): YamlNode {
    const { value } = scalar as Scalar
    if (typeof value === 'number' && (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value)))) {
      const written = this.#text.slice(span.offset, span.offset + span.length)
      return this.#refuse({
        id: 'config/invalid-number',
        message: `the number ${quote(written)} cannot be kept exactly`,
        span,
        help: `when it is text, quote it: ${quote(written)}`,
      })
    }
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' || value === null)
      return scalarNode(value, span)
    return this.#refuse({ id: 'config/syntax', message: 'this value is neither text, number, boolean, list nor map', span })
  }

  #refuse(finding: Finding): YamlNode {
    this.#findings.push(finding)
    return scalarNode(null, finding.span ?? { file: this.#file, offset: 0, length: 0 })
  }

  #span(node: Node, fallback: Span): Span {
    if (!node.range) return fallback
    return within(this.#text, { file: this.#file, offset: node.range[0], length: node.range[1] - node.range[0] })
  }
}
