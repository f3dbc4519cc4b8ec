import { err, ok, type Result } from '@orchestrate/core'
import { parseSegment, type SegmentPattern, segmentMatches } from './glob-segment.ts'

/**
 * A compiled pattern of `inputs` or `sources`: gitignore-like, anchored where it starts.
 *
 * `*`, `?` and `[…]` stay inside one path segment, `**` stands for any number of segments (at the end, for everything below),
 * `\` takes the next character literally; braces and extended globs are ordinary characters. Names with a leading dot are
 * matched like others. A pattern that matches a directory takes everything below it.
 */
export interface Glob {
  /** The leading segments without wildcards, unescaped: where matching starts. They may be `.` or `..`, never empty. */
  readonly literal: readonly string[]
  /** What must match below `literal`; empty when the pattern names one path, which is then taken with all that is below it. */
  readonly rest: readonly SegmentPattern[]
}

/** Compiles `text`; the error says what is wrong with it, as the end of a sentence. */
export function compileGlob(text: string): Result<Glob, string> {
  const names = text.split('/').filter((name) => name !== '' && name !== '.')
  if (names.length === 0) return text.includes('.') ? ok({ literal: [], rest: EVERYTHING_BELOW }) : err('is empty')
  const segments: SegmentPattern[] = []
  for (const name of names) {
    const segment = parseSegment(name)
    if (!segment.ok) return segment
    if (segment.value.kind !== 'globstar' || segments.at(-1)?.kind !== 'globstar') segments.push(segment.value)
  }
  return anchor(segments, text.endsWith('/'))
}

const GLOBSTAR: SegmentPattern = { kind: 'globstar' }
/** At least one segment, then anything. */
const EVERYTHING_BELOW: readonly SegmentPattern[] = [{ kind: 'any' }, GLOBSTAR]

function anchor(segments: readonly SegmentPattern[], directoryOnly: boolean): Result<Glob, string> {
  const literal: string[] = []
  for (const segment of segments) {
    if (segment.kind !== 'literal') break
    literal.push(segment.text)
  }
  const rest = segments.slice(literal.length)
  if (rest.some((segment) => segment.kind === 'literal' && segment.text === '..')) return err('has ".." after a wildcard')
  if (rest.at(-1)?.kind === 'globstar') return ok({ literal, rest: [...rest.slice(0, -1), ...EVERYTHING_BELOW] })
  if (directoryOnly) return ok({ literal, rest: [...rest, ...EVERYTHING_BELOW] })
  return ok({ literal, rest: rest.length === 0 ? [] : [...rest, GLOBSTAR] })
}

/**
 * Whether the segments of `path` from offset `start` on match `rest`, which ends in a globstar as `compileGlob` makes it.
 * Only the last globstar is ever taken up again, so the time is bounded by the product of both lengths, never exponential.
 */
export function matchesBelow(rest: readonly SegmentPattern[], path: string, start: number): boolean {
  const last = rest.length - 1
  let at = start
  let part = 0
  let retryAt = -1
  let retryPart = -1
  while (part < last) {
    const pattern = rest[part]
    if (pattern === undefined) return false
    if (pattern.kind === 'globstar') {
      part += 1
      retryPart = part
      retryAt = at
      continue
    }
    if (at > path.length) return false
    const end = segmentEnd(path, at)
    if (segmentMatches(pattern, path, at, end)) {
      at = end + 1
      part += 1
      continue
    }
    if (retryAt < 0) return false
    retryAt = segmentEnd(path, retryAt) + 1
    at = retryAt
    part = retryPart
  }
  return true
}

/** Whether `path`, seen from where the pattern is anchored, is matched by it. `..` in a pattern matches nothing here. */
export function matchesGlob(glob: Glob, path: string): boolean {
  const literal = glob.literal.join('/')
  if (path === literal) return glob.rest.length === 0
  if (literal !== '' && !path.startsWith(`${literal}/`)) return false
  return glob.rest.length === 0 || matchesBelow(glob.rest, path, literal === '' ? 0 : literal.length + 1)
}

function segmentEnd(path: string, at: number): number {
  const slash = path.indexOf('/', at)
  return slash < 0 ? path.length : slash
}
