import type { Span } from '@orchestrate/core'
import type { Finding } from './findings.ts'
import { found } from './schema-words.ts'
import type { MapNode } from './yaml-node.ts'

/** The version of the language that this program reads. */
const VERSION = 1

export interface VersionCheck {
  readonly finding: Finding | null
  /** Whether the file is of a version that this program cannot know. */
  readonly isNewer: boolean
}

/** What is wrong with the version of a file, and what to do. */
export function checkVersion(root: MapNode): VersionCheck {
  const node = root.entries.get('version')?.value
  const help = `this orchestrate reads version ${VERSION} of the language: write "version: ${VERSION}"`
  if (node === undefined)
    return { finding: { id: 'config/missing-key', message: 'missing key "version"', span: startOf(root), help }, isNewer: false }
  const value = node.kind === 'scalar' ? node.value : null
  if (value === VERSION) return { finding: null, isNewer: false }
  if (typeof value !== 'number' || !Number.isInteger(value) || value < VERSION) {
    const message = `"version" must be ${VERSION}, not ${found(node, String(value))}`
    return { finding: { id: 'config/unsupported-version', message, span: node.span, help }, isNewer: false }
  }
  const message = `the file is of version ${value}, and this orchestrate reads version ${VERSION}`
  const upgrade = 'upgrade orchestrate to one that reads it'
  return { finding: { id: 'config/unsupported-version', message, span: node.span, help: upgrade }, isNewer: true }
}

function startOf(root: MapNode): Span {
  const [first] = root.entries.values()
  return first?.keySpan ?? { ...root.span, length: Math.min(root.span.length, 1) }
}
