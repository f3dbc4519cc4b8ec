import { err, ok, type Result, type Span } from '@orchestrate/core'
import type { Alias, Document, Node, Pair, ParsedNode, Scalar, YAMLMap, YAMLSeq } from 'yaml'
import type { Finding } from './findings.ts'
import { quote } from './quote.ts'
import { type MapEntry, type MapNode, mapNode, type YamlNode } from './yaml-node.ts'

const DEEPEST = 64
const MOST_ALIASES = 50
const CORE_TAGS = new Set(['str', 'int', 'float', 'bool', 'null', 'map', 'seq'].map((name) => `tag:yaml.org,2002:${name}`))

type Yaml = typeof import('yaml')

/**
 * Reads one YAML 1.2 document (core schema, no merge keys) whose root is a map.
 * Every finding has a place; nothing that `text` may hold makes it throw.
 * The parser is loaded on the first call: a run whose files are all cached never does.
 *
 * @see https://yaml.org/spec/1.2.2/
 */
export async function parseYaml(file: string, text: string): Promise<Result<MapNode, readonly Finding[]>> {
  const yaml = await import('yaml')
  const nul = text.indexOf('\0')
  if (nul >= 0)
    return err([{ id: 'config/syntax', message: 'a NUL character cannot stand in YAML', span: { file, offset: nul, length: 1 } }])
  try {
    const document = yaml.parseDocument(text, {
      version: '1.2',
      schema: 'core',
      merge: false,
      uniqueKeys: false,
      prettyErrors: false,
      logLevel: 'silent',
    })
    const faults = syntaxFaults(document, file, text)
    return faults.length > 0 ? err(faults) : new Conversion(yaml, document, file, text).root()
  } catch (cause) {
    // The parser has its own limits and throws where it meets them: a range error for nesting, a reference error for aliases.
    const reason = cause instanceof Error ? sentence(cause.message) : 'it cannot be parsed'
    return err([{ id: 'config/syntax', message: `this is no YAML that can be read: ${reason}`, span: { file, offset: 0, length: 0 } }])
  }
}

function syntaxFaults(document: Document.Parsed, file: string, text: string): Finding[] {
  const faults: Finding[] = [...document.errors, ...document.warnings].map((fault) => ({
    id: fault.code === 'RESOURCE_EXHAUSTION' ? 'config/too-deep' : 'config/syntax',
    message: fault.code === 'MULTIPLE_DOCS' ? 'a second document starts here; a builder.yaml holds one' : sentence(fault.message),
    span: within(text, { file, offset: fault.pos[0], length: Math.max(0, fault.pos[1] - fault.pos[0]) }),
    help: fault.code === 'TAB_AS_INDENT' ? 'indent with spaces' : null,
  }))
  if (document.directives.yaml.explicit === true && document.directives.yaml.version !== '1.2') {
    faults.push({
      id: 'config/syntax',
      message: 'builder.yaml is YAML 1.2',
      span: { file, offset: 0, length: lineLength(text) },
      help: 'remove the %YAML directive',
    })
  }
  return faults
}

/** Turns the parser's document into nodes of our own, with aliases written out. */
class Conversion {
  readonly #yaml: Yaml
  readonly #document: Document.Parsed
  readonly #file: string
  readonly #text: string
  readonly #findings: Finding[] = []
  readonly #anchors = new Map<string, Node>()
  readonly #open = new Set<Node>()
  #aliases = 0

  constructor(yaml: Yaml, document: Document.Parsed, file: string, text: string) {
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
    if (node === null) return { kind: 'scalar', value: null, span: place, origin: 'written' }
    const span = this.#span(node, place)
    if (depth > DEEPEST) return this.#refuse({ id: 'config/too-deep', message: `nested more than ${DEEPEST} levels deep`, span })
    if (yaml.isAlias(node)) return this.#alias(node, depth, span)
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, node)
    if (node.tag !== undefined && !CORE_TAGS.has(node.tag)) {
      return this.#refuse({
        id: 'config/syntax',
        message: `the tag ${quote(node.tag)} is not part of builder.yaml`,
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
    return this.#aliases > MOST_ALIASES ? nothing(span) : this.#node(target, depth, span)
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
      return typeof key.value === 'string' ? key.value : (key.source ?? String(key.value))
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
      return { kind: 'scalar', value, span, origin: 'written' }
    return this.#refuse({ id: 'config/syntax', message: 'this value is neither text, number, boolean, list nor map', span })
  }

  #refuse(finding: Finding): YamlNode {
    this.#findings.push(finding)
    return nothing(finding.span ?? { file: this.#file, offset: 0, length: 0 })
  }

  #span(node: Node, fallback: Span): Span {
    if (!node.range) return fallback
    return within(this.#text, { file: this.#file, offset: node.range[0], length: node.range[1] - node.range[0] })
  }
}

const nothing = (span: Span): YamlNode => ({ kind: 'scalar', value: null, span, origin: 'written' })

/** Spans end with their text: the parser counts the line break after a block value as its part. */
function within(text: string, span: Span): Span {
  const written = text.slice(span.offset, span.offset + span.length)
  return { ...span, length: written.trimEnd().length }
}

function lineLength(text: string): number {
  return text.split(/\r?\n/, 1)[0]?.length ?? 0
}

/** The parser's sentences in our style: lower case, one line, no full stop. */
function sentence(message: string): string {
  const line = (message.split('\n', 1)[0] ?? '').trim().replace(/[.:]$/, '')
  return line.charAt(0).toLowerCase() + line.slice(1)
}
