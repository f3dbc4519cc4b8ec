import { joinWorkspacePath, type Located, WORKSPACE_ROOT, type WorkspacePath } from '@orchestrate/core'
import { checkIncluded } from './check-schema.ts'
import { CONFIG_FILE } from './config-files.ts'
import type { Findings } from './findings.ts'
import { mapNode, type MapEntry, nodeAt, type YamlNode } from './yaml-node.ts'
import type { Overrides } from './overrides.ts'
import { quote } from './quote.ts'
import { type Document, type DocumentDependencies, readDocument } from './read-document.ts'
import type { SourceFile } from './source-file.ts'
import { texts, typed } from './typed-node.ts'

/** Reads the files that the root names under `include`, each once. */
export async function readIncluded(
  root: Document,
  deps: DocumentDependencies & { readonly overrides: Overrides },
): Promise<readonly Document[]> {
  if (!root.parsed.ok) return []
  const named = new Set<WorkspacePath>()
  const documents: Document[] = []
  for (const written of texts(
    typed<readonly string[]>(nodeAt(root.parsed.value.root, ['include']) ?? mapNode(new Map(), root.parsed.value.root.span)),
  )) {
    const path = includedPath(written, deps.findings)
    if (path === null || named.has(path)) continue
    named.add(path)
    const document = await readDocument(path, deps, written.span)
    if (document !== null) documents.push(deps.overrides.apply(document))
  }
  return documents
}

function includedPath({ value, span }: Located<string>, findings: Findings): WorkspacePath | null {
  const path = joinWorkspacePath(WORKSPACE_ROOT, value.replace(/^\/\//, ''))
  if (path === null)
    findings.report({
      id: 'config/path-outside-workspace',
      message: `included file ${quote(value)} lies outside the workspace`,
      span,
      help: 'included files are relative to the workspace root',
    })
  else if (path === CONFIG_FILE || path.endsWith(`/${CONFIG_FILE}`)) {
    findings.report({
      id: 'config/invalid-path',
      message: `included file ${quote(value)} is a builder.yaml, which declares services`,
      span,
      help: 'give the file with the templates another name, such as build/templates.yaml',
    })
    return null
  }
  return path
}

/** The root with the toolchains and templates of what it includes; a name that is there twice is reported with both places. */
export function mergeIncluded(root: SourceFile | null, documents: readonly Document[], findings: Findings): SourceFile | null {
  const contents = documents.flatMap(({ parsed, text, isOverridden }) => {
    if (parsed.ok) return [checkIncluded(parsed.value, isOverridden ? null : text, findings)]
    for (const finding of parsed.error) findings.report(finding)
    return []
  })
  if (root === null || root.content.kind !== 'map' || contents.length === 0) return root
  const entries = new Map<string, MapEntry>(root.content.entries)
  for (const key of ['toolchains', 'templates'] as const) {
    const merged = mergeNames([root.content, ...contents], key, findings)
    if (merged !== null) entries.set(key, merged)
  }
  return { ...root, content: typed(mapNode(entries, root.content.span)) }
}

function mergeNames(files: readonly YamlNode[], key: 'toolchains' | 'templates', findings: Findings): MapEntry | null {
  const holders = files.flatMap((file) => (file.kind === 'map' ? (file.entries.get(key) ?? []) : []))
  const [first] = holders
  const names = new Map<string, MapEntry>()
  for (const { value } of holders) {
    if (value.kind !== 'map') continue
    for (const [name, entry] of value.entries) {
      const earlier = names.get(name)
      if (earlier === undefined) names.set(name, entry)
      else reportDuplicate(name, [earlier, entry], key, findings)
    }
  }
  return first === undefined ? null : { keySpan: first.keySpan, value: mapNode(names, first.value.span) }
}

function reportDuplicate(
  name: string,
  [earlier, later]: readonly [MapEntry, MapEntry],
  key: 'toolchains' | 'templates',
  findings: Findings,
): void {
  findings.report({
    id: key === 'toolchains' ? 'config/duplicate-toolchain' : 'config/duplicate-template',
    message: `two ${key} are named ${quote(name)}`,
    span: later.keySpan,
    notes: [{ message: 'the other one is here', span: earlier.keySpan }],
    help: 'rename one of them',
  })
}
