const LONGEST = 80

/** Characters that would move a terminal's cursor, hide, or reorder text: C1 controls, zero-width, bidirectional, line separators. */
const INVISIBLE = /[\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/gu

/** `text` in double quotes, shortened and with everything escaped that is not plainly visible: user text in a message. */
export function quote(text: string): string {
  const shown = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text
  return JSON.stringify(shown).replace(INVISIBLE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** `"a"`, `"a" or "b"`, `"a", "b" or "c"`. */
export function quoteAlternatives(names: readonly string[]): string {
  const quoted = names.map(quote)
  const last = quoted.pop() ?? ''
  return quoted.length === 0 ? last : `${quoted.join(', ')} or ${last}`
}
