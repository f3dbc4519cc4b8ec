import { err, type Result } from '@orchestrate/core'
import type { Document } from 'yaml'
import { convertDocument, tooDeep, within } from './convert-yaml.ts'
import type { Finding } from './findings.ts'
import type { MapNode } from './yaml-node.ts'

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
    return faults.length > 0 ? err(faults) : convertDocument(yaml, document, { file, text })
  } catch (cause) {
    // The parser has its own limits and throws where it meets them: a range error for nesting, a reference error for aliases.
    const reason = cause instanceof Error ? sentence(cause.message) : 'it cannot be parsed'
    return err([{ id: 'config/syntax', message: `this is no YAML that can be read: ${reason}`, span: { file, offset: 0, length: 0 } }])
  }
}

function syntaxFaults(document: Document.Parsed, file: string, text: string): Finding[] {
  const exhausted = document.errors.find((fault) => fault.code === 'RESOURCE_EXHAUSTION')
  if (exhausted !== undefined) return [tooDeep({ file, offset: exhausted.pos[0], length: 1 })]
  const faults: Finding[] = document.errors.map((fault) => ({
    id: 'config/syntax',
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

function lineLength(text: string): number {
  return text.split(/\r?\n/, 1)[0]?.length ?? 0
}

/** The parser's sentences in our style: lower case, one line, no full stop. */
function sentence(message: string): string {
  const line = (message.split('\n', 1)[0] ?? '').trim().replace(/[.:]$/, '')
  return line.charAt(0).toLowerCase() + line.slice(1)
}
