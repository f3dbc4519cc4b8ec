import { compareCodeUnits, type WorkspacePath } from '@orchestrate/core'
import { checkFile } from './check-schema.ts'
import { CONFIG_FILE, type ConfigFiles } from './config-files.ts'
import { looksLikeWorkspace } from './find-workspace-root.ts'
import type { Findings } from './findings.ts'
import { isExact, isMember, matchesMember, type MemberPattern, parseMember } from './members.ts'
import { mergeIncluded, readIncluded } from './included-files.ts'
import type { Overrides } from './overrides.ts'
import type { ParsedFiles } from './parse-cache.ts'
import { quote } from './quote.ts'
import { directoryOf, type Document, readDocument } from './read-document.ts'
import type { SourceFile } from './source-file.ts'
import { member, texts } from './typed-node.ts'

export interface Sources {
  /** Null when it cannot be read as YAML. */
  readonly root: SourceFile | null
  /** Every file including the root, sorted by path. */
  readonly files: readonly SourceFile[]
  /** The text of every file, whatever is wrong with it. */
  readonly texts: ReadonlyMap<string, string>
}

export interface ReadDependencies {
  readonly files: ConfigFiles
  readonly parsed: ParsedFiles
  readonly overrides: Overrides
  readonly findings: Findings
  readonly signal: AbortSignal
}

const ROOT_FILE = CONFIG_FILE as WorkspacePath

/** Reads the root builder.yaml and those of its members, each checked against the schema. */
export async function readSources(deps: ReadDependencies): Promise<Sources> {
  const { findings, overrides } = deps
  const first = await readRoot(deps)
  const included = first === null ? [] : await readIncluded(first, deps)
  const root = first === null ? null : mergeIncluded(checkDocument(first, findings), included, findings)
  // Without the root's word on its members, every file is still checked for what it says by itself.
  const patterns = root === null ? null : readMembers(root, findings)
  const found = await deps.files.discover(
    patterns === null ? null : patterns.filter(({ excludes }) => !excludes).map(({ segments }) => segments.join('/')),
  )
  const members = found.filter((path) => path !== ROOT_FILE && (patterns === null || isMember(directoryOf(path), patterns)))
  const { documents, nested } = await readMemberDocuments(members, deps)
  reportMembers(patterns ?? [], { members, nested }, findings)
  const others = documents.flatMap((document) => checkDocument(overrides.apply(document), findings) ?? [])
  overrides.reportRest(findings)
  return {
    root,
    files: root === null ? others : [root, ...others],
    texts: new Map([
      ...[...(first === null ? [] : [first]), ...included, ...documents].map(({ path, text }) => [path, text] as const),
      ...overrides.texts,
    ]),
  }
}

async function readRoot(deps: ReadDependencies): Promise<Document | null> {
  const read = await readDocument(ROOT_FILE, deps)
  return read === null ? null : deps.overrides.apply(read)
}

/** Reads `members`, and leaves out every directory that is a workspace of its own, with all that lies below it. */
async function readMemberDocuments(
  members: readonly WorkspacePath[],
  deps: ReadDependencies,
): Promise<{ documents: Document[]; nested: ReadonlySet<string> }> {
  const documents: Document[] = []
  const nested = new Set<string>()
  for (const path of members.toSorted((a, b) => compareCodeUnits(directoryOf(a), directoryOf(b)))) {
    if (ancestorsOf(path).some((directory) => nested.has(directory))) continue
    const document = await readDocument(path, deps)
    if (document === null) continue
    const { parsed, text } = document
    if (parsed.ok ? parsed.value.root.entries.has('workspace') : looksLikeWorkspace(text)) nested.add(directoryOf(path))
    else documents.push(document)
  }
  return { documents, nested }
}

function checkDocument({ path, text, parsed, isOverridden }: Document, findings: Findings): SourceFile | null {
  if (parsed.ok) return { path, dir: directoryOf(path), content: checkFile(parsed.value, isOverridden ? null : text, findings) }
  for (const finding of parsed.error) findings.report(finding)
  return null
}

/** The patterns of `workspace.members`, or null when there are none: every file counts. */
function readMembers(root: SourceFile, findings: Findings): MemberPattern[] | null {
  const written = member(member(root.content, 'workspace'), 'members')
  if (written?.kind !== 'list') return null
  return texts(written).flatMap((text) => {
    const pattern = parseMember(text)
    if (pattern === null)
      findings.report({
        id: 'config/path-outside-workspace',
        message: `member ${quote(text.value)} lies outside the workspace`,
        span: text.span,
        help: 'members are relative to the workspace root',
      })
    return pattern ?? []
  })
}

/** A member that is a plain path must be there; a pattern may match nothing. */
function reportMembers(
  patterns: readonly MemberPattern[],
  { members, nested }: { members: readonly WorkspacePath[]; nested: ReadonlySet<string> },
  findings: Findings,
): void {
  for (const pattern of patterns) {
    if (pattern.excludes || !isExact(pattern) || pattern.segments.length === 0) continue
    const { value, span } = pattern.written
    const found = members.find((path) => matchesMember(directoryOf(path), pattern))
    if (found === undefined) {
      findings.report({
        id: 'config/member-not-found',
        message: `member ${quote(value)} holds no builder.yaml`,
        span,
        help: 'add one there, or take the member out; links are not followed, and files that git ignores do not count',
      })
    } else if (nested.has(directoryOf(found))) {
      findings.report({
        id: 'config/nested-workspace',
        message: `member ${quote(value)} is the root of a workspace of its own`,
        span,
        help: 'take the member out, or remove the key "workspace" there',
      })
    }
  }
}

function ancestorsOf(path: WorkspacePath): string[] {
  const segments = path.split('/')
  return segments.slice(1).map((_, index) => segments.slice(0, index + 1).join('/'))
}
