const MAX_SHOWN = 200

/** An untrusted name as a double-quoted string that is safe to print: control, format and bidirectional characters as `\u{…}`, at most 200 characters of it. */
export function escapeName(name: string): string {
  const shown = name.length > MAX_SHOWN ? `${name.slice(0, MAX_SHOWN)}…` : name
  return `"${shown.replace(/["\\]|\p{C}|\p{Zl}|\p{Zp}/gu, escapeCharacter)}"`
}

function escapeCharacter(character: string): string {
  return character === '"' || character === '\\' ? `\\${character}` : `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
}
