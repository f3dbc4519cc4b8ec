import { type Diagnostic, type Note, positionAt, type Span } from '@orchestrate/core'
import { count } from './format.ts'
import { createPaint, type Paint } from './paint.ts'

export interface DiagnosticContext {
  /** Text of a file by its workspace-relative path, for the code frame. */
  readonly files: ReadonlyMap<string, string>
  readonly color: boolean
}

const SHOWN = 20
const MAX_FRAME_WIDTH = 160

/** Every finding with its id, place, code frame, notes and help; after twenty the rest is counted. */
export function renderDiagnostics(diagnostics: readonly Diagnostic[], context: DiagnosticContext): string {
  const paint = createPaint(context.color)
  const blocks = diagnostics.slice(0, SHOWN).map((diagnostic) => renderOne(diagnostic, context, paint))
  const rest = diagnostics.length - SHOWN
  if (rest > 0) blocks.push(`… and ${count(rest, 'further finding')}; "--json" lists all of them`)
  return `${blocks.join('\n\n')}\n`
}

function renderOne(diagnostic: Diagnostic, context: DiagnosticContext, paint: Paint): string {
  const format = diagnostic.severity === 'error' ? 'red' : 'yellow'
  const head = `${paint([format, 'bold'], `${diagnostic.severity}[${diagnostic.id}]`)}${paint('bold', `: ${diagnostic.message}`)}`
  const gutter = diagnostic.span === null ? '  ' : ' '.repeat(String(lineOf(diagnostic.span, context)).length + 1)
  return [
    head,
    ...(diagnostic.span === null ? [] : renderFrame(diagnostic.span, { context, paint, gutter })),
    ...diagnostic.notes.map((note) => `${gutter}${paint('blue', '=')} note: ${renderNote(note, context)}`),
    ...(diagnostic.help === null ? [] : [`${gutter}${paint('blue', '=')} help: ${diagnostic.help}`]),
  ].join('\n')
}

function renderFrame(
  span: Span,
  { context, paint, gutter }: { context: DiagnosticContext; paint: Paint; gutter: string },
): readonly string[] {
  const text = context.files.get(span.file)
  const place = `${gutter.slice(1)}${paint('blue', '-->')} ${placeOf(span, context)}`
  if (text === undefined) return [place]
  const { line, column } = positionAt(text, span.offset)
  const source = (text.split('\n')[line - 1] ?? '').replace(/\r$/, '')
  const start = Math.max(0, column - 1 - MAX_FRAME_WIDTH / 2)
  const shown = source.slice(start, start + MAX_FRAME_WIDTH).replaceAll('\t', ' ')
  const width = Math.max(1, Math.min(span.length, source.length - (column - 1), MAX_FRAME_WIDTH / 2))
  const bar = paint('blue', '|')
  return [
    place,
    `${gutter}${bar}`,
    `${paint('blue', String(line))} ${bar} ${shown}`.trimEnd(),
    `${gutter}${bar} ${' '.repeat(column - 1 - start)}${paint('red', '^'.repeat(width))}`,
  ]
}

function renderNote(note: Note, context: DiagnosticContext): string {
  return note.span === null ? note.message : `${note.message} (${placeOf(note.span, context)})`
}

/** `services/api/builder.yaml:7:3`, or the file alone when its text is not known. */
export function placeOf(span: Span, context: Pick<DiagnosticContext, 'files'>): string {
  const text = context.files.get(span.file)
  if (text === undefined) return span.file
  const { line, column } = positionAt(text, span.offset)
  return `${span.file}:${line}:${column}`
}

function lineOf(span: Span, context: DiagnosticContext): number {
  return positionAt(context.files.get(span.file) ?? '', span.offset).line
}

/** The findings as `validate --json` prints them. */
export function diagnosticsToJson(
  diagnostics: readonly Diagnostic[],
  files: ReadonlyMap<string, string>,
): { readonly diagnostics: readonly object[] } {
  return {
    diagnostics: diagnostics.map(({ id, severity, message, span, help }) => {
      const text = span === null ? undefined : files.get(span.file)
      const position = span === null || text === undefined ? null : positionAt(text, span.offset)
      return { id, severity, message, file: span?.file ?? null, line: position?.line ?? null, column: position?.column ?? null, help }
    }),
  }
}
