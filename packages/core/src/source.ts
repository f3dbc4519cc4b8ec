/** A place in a file that a person wrote. Offsets count UTF-16 code units, as the YAML parser does. */
export interface Span {
  /** Relative to the workspace root, POSIX separators. */
  readonly file: string
  readonly offset: number
  readonly length: number
}

/** A value together with where it was written. */
export interface Located<T> {
  readonly value: T
  readonly span: Span
}

/** Line and column, both from 1, columns in UTF-16 code units. */
export interface Position {
  readonly line: number
  readonly column: number
}

/** Finds the position of `offset` in `text`; offsets past the end give the end. */
export function positionAt(text: string, offset: number): Position {
  const before = text.slice(0, offset)
  const line = before.split('\n').length
  return { line, column: before.length - (before.lastIndexOf('\n') + 1) + 1 }
}
