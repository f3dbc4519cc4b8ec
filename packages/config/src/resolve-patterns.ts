import { joinWorkspacePath, type Span, type WorkspacePath } from '@orchestrate/core'
import type { Findings } from './findings.ts'
import type { Patterns } from './generated/builder-file.ts'
import { quote } from './quote.ts'
import { flag, items, member, text, type Typed } from './typed-node.ts'
import type { InputPattern } from './workspace.ts'

export interface PatternPlace {
  /** The directory that relative patterns start from. */
  readonly base: WorkspacePath
  /** `"inputs" of build "x" of service "y"`: for messages. */
  readonly name: string
}

/** Reads a list of patterns, in order. Those that were reported are left out. */
export function resolvePatterns(node: Typed<Patterns>, place: PatternPlace, findings: Findings): InputPattern[] {
  const patterns = items(node).flatMap((item) => {
    const written = text(item) ?? text(member(item, 'glob'))
    const pattern = written === null ? null : resolvePattern(written.value, written.span, { ...place, findings })
    return pattern === null ? [] : [{ ...pattern, optional: flag(member(item, 'optional')) }]
  })
  if (patterns.length > 0 && patterns.every((pattern) => pattern.excludes)) {
    findings.report({
      id: 'config/invalid-value',
      message: `${place.name} only exclude, so nothing is left`,
      span: node.span,
      help: 'start the list with "**"',
    })
  }
  return patterns
}

/** The pattern of a list that is not written: everything in the directory. */
export function everything(span: Span): InputPattern {
  return { glob: '**', fromRoot: false, excludes: false, optional: false, span }
}

function resolvePattern(written: string, span: Span, { base, name, findings }: PatternPlace & { findings: Findings }): InputPattern | null {
  const excludes = written.startsWith('!')
  const body = excludes ? written.slice(1) : written
  const fromRoot = body.startsWith('//')
  const refuse = (id: 'config/invalid-path' | 'config/path-outside-workspace', why: string, help: string | null = null) => {
    findings.report({ id, message: `pattern ${quote(written)} in ${name} ${why}`, span, help })
    return null
  }
  if (body.includes('\0')) return refuse('config/invalid-path', 'holds a NUL character')
  if (body.includes('\\')) return refuse('config/invalid-path', 'holds a "\\"', 'separate directories with "/"; there are no escapes')
  if (!fromRoot && body.startsWith('/'))
    return refuse('config/path-outside-workspace', 'is absolute', `start at the workspace root with "/${body}"`)
  const segments = (fromRoot ? body.slice(2) : body).split('/').filter((segment) => segment !== '' && segment !== '.')
  const climbs = segments.findIndex((segment) => segment !== '..')
  const up = climbs < 0 ? segments.length : climbs
  const rest = segments.slice(up)
  if (rest.includes('..')) return refuse('config/invalid-path', 'holds ".." after a name', 'write the path without it')
  if (segments.length === 0) return refuse('config/invalid-path', 'is empty', 'write "**" for everything')
  if (up === 0) return { glob: rest.join('/'), fromRoot, excludes, optional: false, span }
  const start = fromRoot ? null : joinWorkspacePath(base, segments.slice(0, up).join('/'))
  if (start === null)
    return refuse('config/path-outside-workspace', 'leaves the workspace', 'move the files into the workspace; "//" starts at its root')
  const glob = [...(start === '' ? [] : [start]), ...rest].join('/')
  return { glob: glob === '' ? '**' : glob, fromRoot: true, excludes, optional: false, span }
}
