import { assertNever, err, ok, type Result } from '@orchestrate/core'

/** One segment of a pattern. The first kinds are the usual ones, kept apart because they need no walk over characters. */
export type SegmentPattern =
  /** Any number of segments. */
  | { readonly kind: 'globstar' }
  | { readonly kind: 'literal'; readonly text: string }
  /** `*`: any one segment. */
  | { readonly kind: 'any' }
  /** `*text` */
  | { readonly kind: 'suffix'; readonly text: string }
  | { readonly kind: 'characters'; readonly tokens: readonly Token[] }

type Token =
  | { readonly kind: 'star' }
  | { readonly kind: 'one' }
  | { readonly kind: 'character'; readonly code: number }
  | { readonly kind: 'class'; readonly negated: boolean; readonly ranges: readonly CodeRange[] }

interface CodeRange {
  readonly from: number
  readonly to: number
}

/** Parses what stands between two slashes; the error says what is wrong, as the end of a sentence. */
export function parseSegment(text: string): Result<SegmentPattern, string> {
  if (text === '**') return ok({ kind: 'globstar' })
  const tokens: Token[] = []
  // One item for each code point, as `?` and classes count.
  const characters = Array.from(text)
  for (let at = 0; at < characters.length; ) {
    const parsed = parseToken(characters, at)
    if (!parsed.ok) return parsed
    at = parsed.value.next
    const { token } = parsed.value
    if (token.kind !== 'star' || tokens.at(-1)?.kind !== 'star') tokens.push(token)
  }
  return ok(simplify(tokens))
}

function simplify(tokens: readonly Token[]): SegmentPattern {
  const text = literalText(tokens)
  if (text !== null) return { kind: 'literal', text }
  if (tokens[0]?.kind !== 'star') return { kind: 'characters', tokens }
  if (tokens.length === 1) return { kind: 'any' }
  const suffix = literalText(tokens.slice(1))
  return suffix === null ? { kind: 'characters', tokens } : { kind: 'suffix', text: suffix }
}

function literalText(tokens: readonly Token[]): string | null {
  let text = ''
  for (const token of tokens) {
    if (token.kind !== 'character') return null
    text += String.fromCodePoint(token.code)
  }
  return text
}

interface ParsedToken {
  readonly token: Token
  readonly next: number
}

function parseToken(characters: readonly string[], at: number): Result<ParsedToken, string> {
  const character = characters[at] ?? ''
  if (character === '*') return ok({ token: { kind: 'star' }, next: at + 1 })
  if (character === '?') return ok({ token: { kind: 'one' }, next: at + 1 })
  if (character === '[') return parseClass(characters, at)
  if (character !== '\\') return ok({ token: { kind: 'character', code: codeOf(character) }, next: at + 1 })
  const escaped = characters[at + 1]
  if (escaped === undefined) return err('has a "\\" with nothing after it')
  return ok({ token: { kind: 'character', code: codeOf(escaped) }, next: at + 2 })
}

function parseClass(characters: readonly string[], open: number): Result<ParsedToken, string> {
  const negated = characters[open + 1] === '!' || characters[open + 1] === '^'
  const first = open + (negated ? 2 : 1)
  const ranges: CodeRange[] = []
  let at = first
  while (at < characters.length) {
    if (characters[at] === ']' && at > first) return ok({ token: { kind: 'class', negated, ranges }, next: at + 1 })
    if (characters[at] === '[' && characters[at + 1] === ':') return err('has a named character class, which is not supported')
    const from = classCharacter(characters, at)
    const isRange = characters[from.next] === '-' && characters[from.next + 1] !== undefined && characters[from.next + 1] !== ']'
    const to = isRange ? classCharacter(characters, from.next + 1) : from
    if (to.code < from.code) return err(`has the range "${characters.slice(at, to.next).join('')}", which is upside down`)
    ranges.push({ from: from.code, to: to.code })
    at = to.next
  }
  return err('has a "[" without its "]"')
}

function classCharacter(characters: readonly string[], at: number): { readonly code: number; readonly next: number } {
  const escapes = characters[at] === '\\' && characters[at + 1] !== undefined
  return { code: codeOf(characters[escapes ? at + 1 : at] ?? '\\'), next: at + (escapes ? 2 : 1) }
}

function codeOf(character: string): number {
  return character.codePointAt(0) ?? 0
}

/** Whether the segment of `path` between `start` and `end` matches; a globstar is not a question for one segment. */
export function segmentMatches(pattern: SegmentPattern, path: string, start: number, end: number): boolean {
  switch (pattern.kind) {
    case 'globstar':
    case 'any':
      return true
    case 'literal':
      return end - start === pattern.text.length && path.startsWith(pattern.text, start)
    case 'suffix':
      return end - start >= pattern.text.length && path.endsWith(pattern.text, end)
    case 'characters':
      return charactersMatch(pattern.tokens, path, start, end)
    default:
      return assertNever(pattern)
  }
}

/** The usual two-pointer match: only the last star is ever taken up again. */
function charactersMatch(tokens: readonly Token[], path: string, start: number, end: number): boolean {
  let at = start
  let part = 0
  let retryAt = -1
  let retryPart = -1
  while (at < end || part < tokens.length) {
    const token = tokens[part]
    if (token?.kind === 'star') {
      part += 1
      retryPart = part
      retryAt = at
      continue
    }
    const code = at < end ? (path.codePointAt(at) ?? 0) : -1
    if (token !== undefined && code >= 0 && tokenMatches(token, code)) {
      at += width(code)
      part += 1
      continue
    }
    if (retryAt < 0 || retryAt >= end) return false
    retryAt += width(path.codePointAt(retryAt) ?? 0)
    at = retryAt
    part = retryPart
  }
  return true
}

function tokenMatches(token: Token, code: number): boolean {
  if (token.kind === 'character') return token.code === code
  if (token.kind !== 'class') return true
  return token.ranges.some((range) => range.from <= code && code <= range.to) !== token.negated
}

function width(code: number): number {
  return code > 0xffff ? 2 : 1
}
