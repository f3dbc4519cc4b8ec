import { digestOf, err, type Result, type Span, type WorkspacePath } from '@orchestrate/core'
import { type ConfigFiles, LARGEST_FILE } from './config-files.ts'
import type { Finding, Findings } from './findings.ts'
import type { ParsedFile, ParsedFiles } from './parse-cache.ts'
import { parseYaml } from './parse-yaml.ts'
import { quote } from './quote.ts'
import { toPlain } from './yaml-node.ts'

/** A file as it was read, before the schema looks at it. */
export interface Document {
  readonly path: WorkspacePath
  readonly text: string
  readonly parsed: Result<ParsedFile, readonly Finding[]>
  /** Whether `--set` has changed what its text says. */
  readonly isOverridden: boolean
}

export interface DocumentDependencies {
  readonly files: ConfigFiles
  readonly parsed: ParsedFiles
  readonly findings: Findings
  readonly signal: AbortSignal
}

/**
 * Reads a file of the workspace as YAML; one that cannot be read is reported and null.
 *
 * @param mention where a file is named that is not a builder.yaml
 */
export async function readDocument(
  path: WorkspacePath,
  { files, parsed, findings, signal }: DocumentDependencies,
  mention: Span | null = null,
): Promise<Document | null> {
  signal.throwIfAborted()
  const bytes = await files.read(path)
  const start = { file: path, offset: 0, length: 0 }
  if (bytes === null) {
    findings.report({
      id: 'config/unreadable',
      message: `${quote(path)} cannot be read`,
      span: mention,
      help: 'check that it is a regular file inside the workspace and its permissions',
    })
    return null
  }
  if (bytes.length > LARGEST_FILE)
    return {
      path,
      isOverridden: false,
      text: '',
      parsed: err([{ id: 'config/too-large', message: 'the file is larger than 1 MiB', span: start }]),
    }
  const digest = digestOf(bytes)
  const text = decode(bytes)
  if (text === null) {
    const encoding = /^(?:\xff\xfe|\xfe\xff)/.test(Buffer.from(bytes.subarray(0, 2)).toString('latin1')) ? 'UTF-16' : 'not UTF-8'
    return {
      path,
      isOverridden: false,
      text: '',
      parsed: err([{ id: 'config/invalid-encoding', message: `the file is ${encoding}`, span: start, help: 'save it as UTF-8' }]),
    }
  }
  const known = parsed.get(digest, path)
  if (known !== null) return { path, isOverridden: false, text, parsed: { ok: true, value: known } }
  const fresh = await parseYaml(path, text)
  if (!fresh.ok) return { path, isOverridden: false, text, parsed: fresh }
  const value = { root: fresh.value, plain: toPlain(fresh.value) }
  parsed.put(digest, value)
  return { path, isOverridden: false, text, parsed: { ok: true, value } }
}

const DECODER = new TextDecoder('utf-8', { fatal: true })

/** Null for what is not UTF-8. A byte order mark is taken off: no offset counts it. */
function decode(bytes: Uint8Array): string | null {
  try {
    return DECODER.decode(bytes)
  } catch (error) {
    if (error instanceof TypeError) return null
    throw error
  }
}

export function directoryOf(path: WorkspacePath): WorkspacePath {
  return path.slice(0, Math.max(0, path.lastIndexOf('/'))) as WorkspacePath
}
