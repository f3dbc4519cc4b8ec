import { joinWorkspacePath, type Located, type Span, WORKSPACE_ROOT, type WorkspacePath } from '@orchestrate/core'
import { parseArtifact } from './artifact-reference.ts'
import { resolveBuilderPath } from './builder-path.ts'
import type { Findings } from './findings.ts'
import type { ImageEntry, ImageFileEntry } from './generated/builder-file.ts'
import { quote } from './quote.ts'
import { items, member, text, type Typed } from './typed-node.ts'
import type { ImageFile } from './workspace.ts'

export interface ImageFilesContext {
  readonly service: string
  readonly dir: WorkspacePath
  /** `the image of service "x"`: for messages. */
  readonly place: string
  readonly findings: Findings
}

/** A file with the name of the layer that it asks for. */
export interface ChosenLayer {
  readonly file: UnlayeredFile
  readonly layer: Located<string> | null
}

type UnlayeredFile = Unlayered<ImageFile>
type Unlayered<File> = File extends ImageFile ? Omit<File, 'layer'> : never

/** What is copied into the image, in order. Entries that were reported are left out. */
export function resolveImageFiles(node: Typed<NonNullable<ImageEntry['files']>> | null, context: ImageFilesContext): ChosenLayer[] {
  const first = new Map<string, Span>()
  return items(node).flatMap((item) => {
    const target = text(member(item, 'to'))
    const to = target === null ? null : resolveTarget(target, context)
    const origin = resolveOrigin(item, context)
    if (target === null || to === null || origin === null) return []
    const earlier = first.get(to)
    first.set(to, earlier ?? target.span)
    if (earlier !== undefined) {
      const message = `two files of ${context.place} are put at ${quote(to)}`
      context.findings.report({
        id: 'config/overlapping-paths',
        message,
        span: target.span,
        notes: [{ message: 'the other file is put here', span: earlier }],
      })
    }
    const mode = text(member(item, 'mode'))
    const file = {
      to,
      mode: mode === null ? null : Number.parseInt(mode.value, 8),
      owner: resolveOwner(text(member(item, 'owner')), context),
      ...origin,
    }
    return [{ file, layer: text(member(item, 'layer')) }]
  })
}

function resolveTarget(written: Located<string>, { place, findings }: ImageFilesContext): string | null {
  const to = resolveBuilderPath('/', written.value)
  if (to === null)
    findings.report({
      id: 'config/invalid-path',
      message: `${quote(written.value)} in ${place} is not a path inside the image`,
      span: written.span,
    })
  return to
}

type Origin = { readonly span: Span } & (
  | Pick<Extract<ImageFile, { kind: 'artifact' }>, 'kind' | 'artifact'>
  | Pick<Extract<ImageFile, { kind: 'source' }>, 'kind' | 'path'>
  | Pick<Extract<ImageFile, { kind: 'content' }>, 'kind' | 'content'>
)

function resolveOrigin(item: Typed<ImageFileEntry>, { service, dir, place, findings }: ImageFilesContext): Origin | null {
  const name = text(member(item, 'artifact'))
  const artifact = name === null ? null : parseArtifact(name, service, findings)
  if (name !== null) return artifact === null ? null : { kind: 'artifact', artifact, span: name.span }
  const source = text(member(item, 'source'))
  if (source !== null) {
    const path = resolveWorkspacePath(source.value, dir)
    if (path !== null) return { kind: 'source', path, span: source.span }
    const help = source.value.startsWith('/') ? 'start at the workspace root with "//"' : null
    findings.report({
      id: 'config/path-outside-workspace',
      message: `source ${quote(source.value)} of ${place} leaves the workspace`,
      span: source.span,
      help,
    })
    return null
  }
  const content = text(member(item, 'content'))
  return content === null ? null : { kind: 'content', content: content.value, span: content.span }
}

function resolveWorkspacePath(written: string, dir: WorkspacePath): WorkspacePath | null {
  return written.startsWith('//') ? joinWorkspacePath(WORKSPACE_ROOT, written.slice(2)) : joinWorkspacePath(dir, written)
}

const LARGEST_ID = 4_294_967_294

function resolveOwner(written: Located<string> | null, { place, findings }: ImageFilesContext): { uid: number; gid: number } | null {
  if (written === null) return null
  const [uid = 0, gid = uid] = written.value.split(':').map(Number)
  if (uid <= LARGEST_ID && gid <= LARGEST_ID) return { uid, gid }
  findings.report({ id: 'config/invalid-value', message: `owner ${quote(written.value)} in ${place} is out of range`, span: written.span })
  return null
}
