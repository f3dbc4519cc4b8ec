import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileGlob, matchesGlob } from './glob.ts'

const PATHS = [
  'main.go',
  'main_test.go',
  '.hidden',
  'src/a.ts',
  'src/b/c.ts',
  'src/b/.d/e.ts',
  'srcx/a.ts',
  'docs/[id].md',
  'docs/a*b.md',
  'docs/ß.md',
  'docs/😀.md',
]

describe('a pattern', () => {
  it.each([
    ['**', PATHS],
    ['.', PATHS],
    ['*', PATHS],
    ['*.go', ['main.go', 'main_test.go']],
    ['?*.go', ['main.go', 'main_test.go']],
    ['main.go', ['main.go']],
    ['./main.go', ['main.go']],
    ['src', ['src/a.ts', 'src/b/c.ts', 'src/b/.d/e.ts']],
    ['src/', ['src/a.ts', 'src/b/c.ts', 'src/b/.d/e.ts']],
    ['src/*', ['src/a.ts', 'src/b/c.ts', 'src/b/.d/e.ts']],
    ['src/*.ts', ['src/a.ts']],
    ['src/**/*.ts', ['src/a.ts', 'src/b/c.ts', 'src/b/.d/e.ts']],
    ['**/b', ['src/b/c.ts', 'src/b/.d/e.ts']],
    ['**/b/*.ts', ['src/b/c.ts']],
    ['main.go/**', []],
    ['main.go/', []],
    ['s*/a.ts', ['src/a.ts', 'srcx/a.ts']],
    ['sr[a-d]/a.ts', ['src/a.ts']],
    ['sr[!a-d]*/a.ts', []],
    ['docs/\\[id\\].md', ['docs/[id].md']],
    ['docs/[[]id].md', ['docs/[id].md']],
    ['docs/a\\*b.md', ['docs/a*b.md']],
    ['docs/?.md', ['docs/ß.md', 'docs/😀.md']],
    ['docs/[^a-z[]*.md', ['docs/ß.md', 'docs/😀.md']],
    ['docs/[]a]*b.md', ['docs/a*b.md']],
    ['{src,docs}/**', []],
  ])('%s takes what gitignore would, dotfiles included', (pattern, expected) => {
    expect(PATHS.filter((path) => takes(pattern, path))).toEqual(expected)
  })

  it.each([
    ['', 'is empty'],
    ['/', 'is empty'],
    ['src/[a', 'has a "[" without its "]"'],
    ['src/[a/b]', 'has a "[" without its "]"'],
    ['src/[z-a]', 'has the range "z-a", which is upside down'],
    ['[[:alpha:]]', 'has a named character class, which is not supported'],
    ['src\\', 'has a "\\" with nothing after it'],
    ['*/../x', 'has ".." after a wildcard'],
  ])('%s is malformed', (pattern, reason) => {
    expect(compileGlob(pattern)).toEqual({ ok: false, error: reason })
  })

  it('matches exactly what a naive search over all ways of matching finds', () => {
    const segment = fc
      .string({ unit: fc.constantFrom('a', 'b', '*', '?'), minLength: 1, maxLength: 4 })
      .filter((text) => !text.includes('**'))
    const pattern = fc.array(fc.oneof(segment, fc.constant('**')), { minLength: 1, maxLength: 5 })
    const path = fc.array(fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(pattern, path, (parts, names) => {
        expect(takes(parts.join('/'), names.join('/'))).toBe(naiveTakes(parts, names))
      }),
      { numRuns: 2_000 },
    )
  })

  it('of many wildcards needs steps in proportion to the path, not to the ways of matching it', () => {
    const stars = `${'*a'.repeat(30)}*b`
    const globstars = `${'**/a/'.repeat(15)}b`
    const name = 'a'.repeat(250)
    const path = Array.from({ length: 500 }, () => 'a').join('/')
    expect([takes(stars, name), takes(globstars, path)]).toEqual([false, false])
  }, 1_000)
})

function takes(pattern: string, path: string): boolean {
  const glob = compileGlob(pattern)
  if (!glob.ok) throw new Error(glob.error)
  return matchesGlob(glob.value, path)
}

/** A pattern takes a path when it matches the path or a directory above it; `**` at its end needs something to stand for. */
function naiveTakes(parts: readonly string[], names: readonly string[]): boolean {
  return names.some((_, above) => naiveMatch(parts, names.slice(0, above + 1)))
}

function naiveMatch(parts: readonly string[], names: readonly string[]): boolean {
  const [part, ...rest] = parts
  const [name, ...others] = names
  if (part === undefined) return name === undefined
  if (part === '**')
    return (
      (rest.length > 0 && naiveMatch(rest, names)) ||
      (name !== undefined && (naiveMatch(parts, others) || (rest.length === 0 && others.length === 0)))
    )
  return name !== undefined && naiveCharacters(part, name) && naiveMatch(rest, others)
}

function naiveCharacters(part: string, name: string): boolean {
  if (part === '') return name === ''
  if (part[0] === '*') return naiveCharacters(part.slice(1), name) || (name !== '' && naiveCharacters(part, name.slice(1)))
  return name !== '' && (part[0] === '?' || part[0] === name[0]) && naiveCharacters(part.slice(1), name.slice(1))
}
