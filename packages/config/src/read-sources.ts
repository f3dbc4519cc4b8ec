import { compareCodeUnits, digestOf, type Result, type WorkspacePath, err } from '@orchestrate/core'
import { checkFile } from './check-schema.ts'
import { CONFIG_FILE, type ConfigFiles, LARGEST_FILE } from './config-files.ts'
import { looksLikeWorkspace } from './find-workspace-root.ts'
import type { Finding, Findings } from './findings.ts'
import type { BuilderFile } from './generated/builder-file.ts'
import { isExact, isMember, matchesMember, type MemberPattern, parseMember } from './members.ts'
import type { ParsedFile, ParsedFiles } from './parse-cache.ts'
import { parseYaml } from './parse-yaml.ts'
import { quote } from './quote.ts'
import { member, texts, type Typed } from './typed-node.ts'
import { toPlain } from './yaml-node.ts'

/** A builder.yaml, without what the schema refused. */
export interface SourceFile {
  readonly path: WorkspacePath
  readonly dir: WorkspacePath
  readonly content: Typed<BuilderFile>
}

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
  readonly findings: Findings
  readonly signal: AbortSignal
}

const ROOT_FILE = CONFIG_FILE as WorkspacePath

/** Reads the root builder.yaml and those of its members, each checked against the schema. */
export async function readSources(deps: ReadDependencies): Promise<Sources> {
  const { findings } = deps
  const first = await readDocument(ROOT_FILE, deps)
  const root = first === null ? null : checkDocument(first, findings)
  // Without the root's word on its members, every file is still checked for what it says by itself.
  const patterns = root === null ? null : readMembers(root, findings)
  const found = await deps.files.discover(
    patterns === null ? null : patterns.filter(({ excludes }) => !excludes).map(({ segments }) => segments.join('/')),
  )
  const members = found.filter((path) => path !== ROOT_FILE && (patterns === null || isMember(directoryOf(path), patterns)))
  const { documents, nested } = await readMemberDocuments(members, deps)
  reportMembers(patterns ?? [], { members, nested }, findings)
  const others = documents.flatMap((document) => checkDocument(document, findings) ?? [])
  return {
    root,
    files: root === null ? others : [root, ...others],
    texts: new Map([...(first === null ? [] : [first]), ...documents].map(({ path, text }) => [path, text])),
  }
}

/** A file as it was read, before the schema looks at it. */
interface Document {
  readonly path: WorkspacePath
  readonly text: string
  readonly parsed: Result<ParsedFile, readonly Finding[]>
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

async function readDocument(path: WorkspacePath, { files, parsed, findings, signal }: ReadDependencies): Promise<Document | null> {
  signal.throwIfAborted()
  const bytes = await files.read(path)
  const start = { file: path, offset: 0, length: 0 }
  if (bytes === null) {
    findings.report({
      id: 'config/unreadable',
      message: `${quote(path)} cannot be read`,
      span: null,
      help: 'check that it is a regular file inside the workspace and its permissions',
    })
    return null
  }
  if (bytes.length > LARGEST_FILE)
    return { path, text: '', parsed: err([{ id: 'config/too-large', message: 'the file is larger than 1 MiB', span: start }]) }
  const digest = digestOf(bytes)
  const text = decode(bytes)
  if (text === null) {
    const encoding = /^(?:\xff\xfe|\xfe\xff)/.test(Buffer.from(bytes.subarray(0, 2)).toString('latin1')) ? 'UTF-16' : 'not UTF-8'
    return {
      path,
      text: '',
      parsed: err([{ id: 'config/invalid-encoding', message: `the file is ${encoding}`, span: start, help: 'save it as UTF-8' }]),
    }
  }
  const known = parsed.get(digest, path)
  if (known !== null) return { path, text, parsed: { ok: true, value: known } }
  const fresh = await parseYaml(path, text)
  if (!fresh.ok) return { path, text, parsed: fresh }
  const value = { root: fresh.value, plain: toPlain(fresh.value) }
  parsed.put(digest, value)
  return { path, text, parsed: { ok: true, value } }
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

function checkDocument({ path, text, parsed }: Document, findings: Findings): SourceFile | null {
  if (parsed.ok) return { path, dir: directoryOf(path), content: checkFile(parsed.value, text, findings) }
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

function directoryOf(path: WorkspacePath): WorkspacePath {
  return path.slice(0, Math.max(0, path.lastIndexOf('/'))) as WorkspacePath
}

function ancestorsOf(path: WorkspacePath): string[] {
  const segments = path.split('/')
  return segments.slice(1).map((_, index) => segments.slice(0, index + 1).join('/'))
}
