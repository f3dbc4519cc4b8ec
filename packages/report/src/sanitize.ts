/** CSI, OSC, DCS and other escape sequences of ECMA-48, two-character escapes, and stray control characters except tab. */
const CONTROL =
  // oxlint-disable-next-line no-control-regex
  /\u001b\[[0-?]*[ -/]*[@-~]|\u001b[\]PX^_][^\u0007\u001b]*(?:\u0007|\u001b\\)?|\u001b[ -/]*[0-~]|[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/g
/** Characters that reorder or hide text on a terminal. */
const BIDI = /[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g

/** Makes a line that a builder wrote safe to show: what would move the cursor, set a title or forge our own output is gone. */
export function sanitizeLine(line: string): string {
  const shown = line.includes('\r') ? line.slice(line.lastIndexOf('\r') + 1) : line
  return shown.replace(CONTROL, '').replace(BIDI, '')
}

/** Also keeps a CI system from reading the line as one of its workflow commands. */
export function sanitizeForCi(line: string): string {
  return `| ${sanitizeLine(line).replaceAll('##[', '## [')}`
}

/**
 * The same for text of our own, in whole lines: names of files and troubles in it may come from a builder. GitHub's runner
 * finds `##[` anywhere in a line, and `::` at its start, after blanks.
 */
export function shieldFromCi(text: string): string {
  return text.replaceAll('##[', '## [').replace(/^([ \t]*)::/gm, '$1: :')
}
