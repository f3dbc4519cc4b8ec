import { existsSync, readFileSync } from 'node:fs'

/**
 * What a runtime complained about in its log: one JSON object a line, of which the errors count. A line that is none of ours is
 * given as it is, since some runtime wrote it.
 */
export function readRuntimeLog(path: string): readonly string[] {
  if (!existsSync(path)) return []
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .flatMap(complaintOf)
}

const COMPLAINTS: ReadonlySet<unknown> = new Set(['error', 'fatal', 'panic'])

function complaintOf(line: string): readonly string[] {
  try {
    const entry: unknown = JSON.parse(line)
    if (typeof entry !== 'object' || entry === null) return [line]
    const { level, msg } = entry as { readonly level?: unknown; readonly msg?: unknown }
    return COMPLAINTS.has(level) ? [typeof msg === 'string' ? msg : line] : []
  } catch {
    return [line]
  }
}
