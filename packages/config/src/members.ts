import { joinWorkspacePath, type Located, WORKSPACE_ROOT, type WorkspacePath } from '@orchestrate/core'

/** A pattern of `workspace.members`, segment by segment. */
export interface MemberPattern {
  readonly excludes: boolean
  readonly segments: readonly string[]
  readonly written: Located<string>
}

/** Reads a member; null when it leaves the workspace. */
export function parseMember(written: Located<string>): MemberPattern | null {
  const excludes = written.value.startsWith('!')
  const path = joinWorkspacePath(WORKSPACE_ROOT, written.value.slice(excludes ? 1 : 0).replace(/^\/\//, ''))
  return path === null ? null : { excludes, segments: path === '' ? [] : path.split('/'), written }
}

/** Whether the pattern is a plain path. */
export function isExact(pattern: MemberPattern): boolean {
  return !pattern.segments.some((segment) => /[*?[]/.test(segment))
}

/** Whether `directory` is a member: the last pattern that matches it decides. */
export function isMember(directory: WorkspacePath, patterns: readonly MemberPattern[]): boolean {
  return patterns.findLast((pattern) => matchesMember(directory, pattern))?.excludes === false
}

export function matchesMember(directory: WorkspacePath, pattern: MemberPattern): boolean {
  const segments = directory === '' ? [] : directory.split('/')
  return matches(segments, pattern.segments, { isStar: (part) => part === '**', accepts: matchesSegment })
}

interface Matching<Part> {
  /** Whether the part stands for any number of items. */
  readonly isStar: (part: Part) => boolean
  readonly accepts: (part: Part, item: string) => boolean
}

/**
 * Wildcard matching that goes back to the last star only: at worst items × parts steps.
 * It serves segments of a path and characters of a segment alike.
 */
function matches<Part>(items: readonly string[], parts: readonly Part[], { isStar, accepts }: Matching<Part>): boolean {
  let item = 0
  let part = 0
  let star = -1
  let resume = 0
  while (item < items.length) {
    const current = parts[part]
    const value = items[item] ?? ''
    if (current !== undefined && isStar(current)) [star, resume, part] = [part, item, part + 1]
    else if (current !== undefined && accepts(current, value)) [item, part] = [item + 1, part + 1]
    else if (star >= 0) [resume, item, part] = [resume + 1, resume + 1, star + 1]
    else return false
  }
  return parts.slice(part).every(isStar)
}

/** Whether one segment of a path matches one segment of a pattern that is not `**`. */
export function matchesSegment(pattern: string, segment: string): boolean {
  return segmentMatcher(pattern)(segment)
}

/** `matchesSegment` for many segments. */
export function segmentMatcher(pattern: string): (segment: string) => boolean {
  if (pattern === '*') return () => true
  // One part a star, a "?", a class in brackets, or a character.
  const parts = pattern.match(/\[!?[^\]]+\]|[^]/gu) ?? []
  return (segment) =>
    matches(Array.from(segment), parts, {
      isStar: (part) => part === '*',
      accepts: (part, character) => part === '?' || part === character || inClass(part, character),
    })
}

function inClass(part: string, character: string): boolean {
  if (part.length < 3 || !part.startsWith('[')) return false
  const negated = part[1] === '!'
  const members = Array.from(part.slice(negated ? 2 : 1, -1))
  const code = character.codePointAt(0) ?? 0
  const found = members.some((from, index) => {
    if (members[index + 1] !== '-') return from === character
    const to = members[index + 2]?.codePointAt(0) ?? 0
    return code >= (from.codePointAt(0) ?? 0) && code <= to
  })
  return found !== negated
}
