import { err, type Result } from '@orchestrate/core'
import type { CST, Document } from 'yaml'
import { convertDocument, DEEPEST, tooDeep, within } from './convert-yaml.ts'
import type { Finding } from './findings.ts'
import type { MapNode } from './yaml-node.ts'

const OPTIONS = { version: '1.2', schema: 'core', merge: false, uniqueKeys: false } as const

/**
 * Reads one YAML 1.2 document (core schema, no merge keys) whose root is a map.
 * Every finding has a place; nothing that `text` may hold makes it throw.
 * The parser is loaded on the first call: a run whose files are all cached never does.
 *
 * @see https://yaml.org/spec/1.2.2/
 */
export async function parseYaml(file: string, text: string): Promise<Result<MapNode, readonly Finding[]>> {
  const yaml = await import('yaml')
  const fault = (message: string, offset: number, length: number): Finding => ({
    id: 'config/syntax',
    message,
    span: { file, offset, length },
  })
  const nul = text.indexOf('\0')
  if (nul >= 0) return err([fault('a NUL character cannot stand in YAML', nul, 1)])
  try {
    const tokens = [...new yaml.Parser().parse(text)]
    const deep = firstTooDeep(tokens)
    if (deep !== null) return err([tooDeep({ file, offset: deep, length: 1 })])
    const [document, second] = new yaml.Composer(OPTIONS).compose(tokens, true, text.length)
    if (document === undefined) return err([fault('the file is empty', 0, 0)])
    const faults = syntaxFaults(document, file, text)
    if (second !== undefined) faults.push(fault('a second document starts here; a builder.yaml holds one', second.range[0], 0))
    return faults.length > 0 ? err(faults) : convertDocument(yaml, document, { file, text })
  } catch (cause) {
    // The parser throws where it meets limits of its own.
    const reason = cause instanceof Error ? sentence(cause.message) : 'it cannot be parsed'
    return err([fault(`this is no YAML that can be read: ${reason}`, 0, 0)])
  }
}

/**
 * Where the tokens nest deeper than a file may, or null. The tokens are made without recursion and composed with it,
 * and a stack that runs out inside a regular expression ends the process: so the depth is judged before anything is composed.
 */
function firstTooDeep(tokens: readonly CST.Token[]): number | null {
  const open = tokens.map((token) => ({ token, depth: 0 }))
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { token, depth } = next
    if (depth > DEEPEST) return token.offset
    const below = (inner: CST.Token | null | undefined) => {
      if (inner) open.push({ token: inner, depth: depth + 1 })
    }
    if (token.type === 'document') below(token.value)
    else if ('items' in token) {
      for (const item of token.items) {
        below(item.key)
        below(item.value)
      }
    }
  }
  return null
}

/** By the parser's error code: what to do where its sentence does not say it. */
const HELP: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'indent with spaces',
  BLOCK_AS_IMPLICIT_KEY: 'quote the value: a ": " inside it starts another map',
  BAD_INDENT: 'close every "[" and "{", and indent what belongs to a key further than the key',
}

function syntaxFaults(document: Document.Parsed, file: string, text: string): Finding[] {
  const faults: Finding[] = document.errors.map((fault) => ({
    id: 'config/syntax',
    message: sentence(fault.message),
    span: within(text, { file, offset: fault.pos[0], length: Math.max(0, fault.pos[1] - fault.pos[0]) }),
    help: HELP[fault.code] ?? null,
  }))
  if (document.directives.yaml.explicit === true && document.directives.yaml.version !== '1.2') {
    const span = { file, offset: 0, length: lineLength(text) }
    faults.push({ id: 'config/syntax', message: 'builder.yaml is YAML 1.2', span, help: 'remove the %YAML directive' })
  }
  return faults
}

function lineLength(text: string): number {
  return text.split(/\r?\n/, 1)[0]?.length ?? 0
}

/** The parser's sentences in our style: lower case, one line, no full stop. */
function sentence(message: string): string {
  const line = (message.split('\n', 1)[0] ?? '')
    .trim()
    .replace(/[.:]$/, '')
    .replace(/["']quote$/, 'quote')
  return line.charAt(0).toLowerCase() + line.slice(1)
}
