import { assertNever } from '@orchestrate/core'

/**
 * Whether `name` matches a glob of the command line: `*` any characters, `?` one, `[abc]`, `[a-z]`, `[!a]` one of a set.
 * A `[` that is never closed is itself. Takes at most the product of both lengths.
 */
export function matchName(glob: string, name: string): boolean {
  const tokens = parseGlob(glob)
  let token = 0
  let at = 0
  let star = -1
  let resume = 0
  while (at < name.length) {
    const current = tokens[token]
    if (current?.kind === 'star') {
      star = token++
      resume = at
    } else if (current !== undefined && accepts(current, name.charAt(at))) {
      token++
      at++
    } else if (star >= 0) {
      token = star + 1
      at = ++resume
    } else return false
  }
  return tokens.slice(token).every((rest) => rest.kind === 'star')
}

/** True when `text` has a character that means something to `matchName`. */
export function isGlob(text: string): boolean {
  return /[*?[]/.test(text)
}

type Token =
  | { readonly kind: 'star' }
  | { readonly kind: 'any' }
  | { readonly kind: 'character'; readonly character: string }
  | { readonly kind: 'set'; readonly negated: boolean; readonly ranges: readonly (readonly [string, string])[] }

function parseGlob(glob: string): readonly Token[] {
  const tokens: Token[] = []
  for (let at = 0; at < glob.length; at++) {
    const character = glob.charAt(at)
    const close = character === '[' ? glob.indexOf(']', at + 2) : -1
    if (character === '*') tokens.push({ kind: 'star' })
    else if (character === '?') tokens.push({ kind: 'any' })
    else if (close > 0) {
      tokens.push(parseSet(glob.slice(at + 1, close)))
      at = close
    } else tokens.push({ kind: 'character', character })
  }
  return tokens
}

function parseSet(body: string): Token {
  const negated = /^[!^]./.test(body)
  const characters = negated ? body.slice(1) : body
  const ranges = [...characters.matchAll(/(.)-(.)|(.)/g)].map(([, from, to, single]) => [from ?? single ?? '', to ?? single ?? ''] as const)
  return { kind: 'set', negated, ranges }
}

function accepts(token: Token, character: string): boolean {
  switch (token.kind) {
    case 'star':
    case 'any':
      return true
    case 'character':
      return token.character === character
    case 'set':
      return token.ranges.some(([from, to]) => from <= character && character <= to) !== token.negated
    default:
      return assertNever(token)
  }
}
