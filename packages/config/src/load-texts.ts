import { type Diagnostic, isWorkspacePath, positionAt, type Result, type Span, type WorkspacePath } from '@orchestrate/core'
import type { ConfigFiles } from './config-files.ts'
import type { Commit, GitFacts } from './git-facts.ts'
import { type LoadFailure, loadWorkspace } from './load-workspace.ts'
import type { Workspace } from './workspace.ts'

/** The files of a workspace as a test writes them: path to text, or to bytes. */
export type FileTexts = Readonly<Record<string, string | Uint8Array>>

export function memoryConfigFiles(texts: FileTexts): ConfigFiles {
  const paths = Object.keys(texts).filter(isWorkspacePath)
  const bytes = (path: WorkspacePath) => texts[path] ?? null
  return {
    discover: async () => paths.filter((path) => path === 'builder.yaml' || path.endsWith('/builder.yaml')),
    read: async (path) => {
      const content = bytes(path)
      return typeof content === 'string' ? new TextEncoder().encode(content) : content
    },
  }
}

export function fixedGitFacts(commit: Commit | null): GitFacts {
  return { commit: async () => commit }
}

/** Loads a workspace from memory, without a cache; for tests. */
export async function loadTexts(
  texts: FileTexts,
  commit: Commit | null = null,
  overrides: readonly string[] = [],
): Promise<Result<Workspace, LoadFailure>> {
  return loadWorkspace(
    { root: '/shop' },
    {
      files: memoryConfigFiles(texts),
      cache: { load: () => null, save: () => undefined },
      git: fixedGitFacts(commit),
      overrides,
      signal: new AbortController().signal,
    },
  )
}

/** What loading says is wrong, each finding as lines: `file:line:column id`, the message, then help and notes. */
export async function findingsOf(texts: FileTexts, commit: Commit | null = null, overrides: readonly string[] = []): Promise<string[]> {
  const loaded = await loadTexts(texts, commit, overrides)
  return loaded.ok ? [] : loaded.error.diagnostics.map((each) => describe(each, loaded.error.files))
}

function describe({ id, message, span, help, notes }: Diagnostic, files: ReadonlyMap<string, string>): string {
  const lines = [`${placeOf(span, files)} ${id}`, message]
  for (const note of notes) lines.push(`note ${placeOf(note.span, files)}: ${note.message}`)
  if (help !== null) lines.push(`help: ${help}`)
  return lines.join('\n')
}

/** With the text that the span covers, so that a test pins both ends of it. */
function placeOf(span: Span | null, files: ReadonlyMap<string, string>): string {
  if (span === null) return '-'
  const text = files.get(span.file) ?? ''
  const { line, column } = positionAt(text, span.offset)
  return `${span.file}:${line}:${column} ⟨${text.slice(span.offset, span.offset + span.length)}⟩`
}
