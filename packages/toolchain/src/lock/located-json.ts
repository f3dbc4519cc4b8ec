/** A JSON value that knows where it was written. Offsets count UTF-16 code units. */
export type LocatedJson = { readonly offset: number; readonly length: number } & (
  | { readonly kind: 'object'; readonly members: ReadonlyMap<string, LocatedJson> }
  | { readonly kind: 'list'; readonly items: readonly LocatedJson[] }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'literal'; readonly value: boolean | null }
)

/** Where a text stops being JSON, and what stood in its way. */
export class JsonSyntaxError extends Error {
  override readonly name = 'JsonSyntaxError'
  readonly offset: number

  constructor(offset: number, message: string) {
    super(message)
    this.offset = offset
  }
}

/**
 * Reads a text as JSON (RFC 8259), keeping the place of every value. Duplicate keys and a nesting beyond 32 are refused.
 *
 * @throws JsonSyntaxError
 */
export function parseLocatedJson(text: string): LocatedJson {
  const reader = new Reader(text)
  const value = reader.value(0)
  reader.end()
  return value
}

const MAX_DEPTH = 32
const WHITE_SPACE = /[ \t\r\n]*/y
// oxlint-disable-next-line no-control-regex -- RFC 8259 keeps exactly these out of strings.
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y
const WORD = /true|false|null/y

class Reader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
    this.#take(WHITE_SPACE)
  }

  value(depth: number): LocatedJson {
    if (depth > MAX_DEPTH) throw this.#unexpected('a value that is nested less deeply')
    const offset = this.#at
    if (this.#skip('{')) return this.#spanned(offset, { kind: 'object', members: this.#members(depth) })
    if (this.#skip('[')) return this.#spanned(offset, { kind: 'list', items: this.#items(depth) })
    const string = this.#take(STRING)
    if (string !== null) return this.#spanned(offset, { kind: 'string', value: String(JSON.parse(string)) }, string.length)
    const number = this.#take(NUMBER)
    if (number !== null) return this.#spanned(offset, { kind: 'number', value: Number(number) }, number.length)
    const word = this.#take(WORD)
    if (word === null) throw this.#unexpected('a value')
    return this.#spanned(offset, { kind: 'literal', value: word === 'null' ? null : word === 'true' }, word.length)
  }

  end(): void {
    if (this.#at < this.#text.length) throw this.#unexpected('the end of the file')
  }

  #members(depth: number): ReadonlyMap<string, LocatedJson> {
    const members = new Map<string, LocatedJson>()
    if (this.#skip('}')) return members
    do {
      const offset = this.#at
      const key = this.#take(STRING)
      if (key === null) throw this.#unexpected('a key in double quotes')
      const name = String(JSON.parse(key))
      if (members.has(name)) throw new JsonSyntaxError(offset, `the key ${JSON.stringify(name)} appears twice`)
      if (!this.#skip(':')) throw this.#unexpected('":"')
      members.set(name, this.value(depth + 1))
    } while (this.#skip(','))
    if (!this.#skip('}')) throw this.#unexpected('"," or "}"')
    return members
  }

  #items(depth: number): readonly LocatedJson[] {
    const items: LocatedJson[] = []
    if (this.#skip(']')) return items
    do items.push(this.value(depth + 1))
    while (this.#skip(','))
    if (!this.#skip(']')) throw this.#unexpected('"," or "]"')
    return items
  }

  #spanned<T extends object>(offset: number, value: T, length = 1): T & { readonly offset: number; readonly length: number } {
    return { ...value, offset, length }
  }

  #skip(character: string): boolean {
    if (this.#text[this.#at] !== character) return false
    this.#at += 1
    this.#take(WHITE_SPACE)
    return true
  }

  /** The match of a sticky pattern here, with the white space behind it passed over; null when there is none. */
  #take(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at
    const match = pattern.exec(this.#text)
    if (match === null) return null
    this.#at += match[0].length
    if (pattern !== WHITE_SPACE) this.#take(WHITE_SPACE)
    return match[0]
  }

  #unexpected(expected: string): JsonSyntaxError {
    const found = this.#text[this.#at]
    return new JsonSyntaxError(
      this.#at,
      `expected ${expected}, found ${found === undefined ? 'the end of the file' : JSON.stringify(found)}`,
    )
  }
}
