import { isUtf8 } from 'node:buffer'
import { isWorkspacePath, type WorkspacePath } from '@orchestrate/core'

/**
 * Names from a NUL-separated list, as the operating system or git gave them. A byte that is not UTF-8 becomes the lone
 * surrogate U+DC00 + byte, which no valid name contains: the file can be listed, matched and shown, but is never read.
 */
export function decodeNames(bytes: Buffer): string[] {
  const names = isUtf8(bytes) ? bytes.toString('utf8').split('\0') : splitNul(bytes).map(decodeName)
  if (names.at(-1) === '') names.pop()
  return names
}

/** One name; see decodeNames. */
export function decodeName(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString('utf8')
  let text = ''
  for (let at = 0; at < bytes.length; ) {
    const length = characterLength(bytes, at)
    text += length === 0 ? String.fromCharCode(0xdc00 + (bytes[at] ?? 0)) : bytes.toString('utf8', at, at + length)
    at += Math.max(length, 1)
  }
  return text
}

/** Whether `path` stands for a name that is not valid UTF-8. */
export function isInvalidName(path: string): boolean {
  return LONE_SURROGATE.test(path)
}

const LONE_SURROGATE = /\p{Surrogate}/u

/** `text` as a path of the workspace. git and readdir give nothing else. */
export function toWorkspacePath(text: string): WorkspacePath {
  if (!isWorkspacePath(text)) throw new Error(`not a path of the workspace: ${JSON.stringify(text)}`)
  return text
}

/** Bytes of the valid UTF-8 character at `at`, or 0. */
function characterLength(bytes: Buffer, at: number): number {
  for (let length = 1; length <= 4 && at + length <= bytes.length; length += 1) {
    if (isUtf8(bytes.subarray(at, at + length))) return length
  }
  return 0
}

function splitNul(bytes: Buffer): Buffer[] {
  const parts: Buffer[] = []
  let start = 0
  for (let end = bytes.indexOf(0); end >= 0; end = bytes.indexOf(0, start)) {
    parts.push(bytes.subarray(start, end))
    start = end + 1
  }
  if (start < bytes.length) parts.push(bytes.subarray(start))
  return parts
}
