import { compareCodeUnits, formatPlatform } from '@orchestrate/core'
import type { Lock, LockedSource, LockEntry } from '../toolchain.ts'

/** The text of builder.lock: JSON with sorted keys, two spaces and a final newline; equal entries give equal bytes. */
export function encodeLock(lock: Lock): string {
  const toolchains = new Map([...lock.entries].map(([name, entry]) => [name, entryFields(entry)]))
  return `${JSON.stringify(sorted({ version: 1, toolchains }), null, 2)}\n`
}

function entryFields(entry: LockEntry): object {
  return {
    identity: entry.identity,
    diffIds: entry.root.diffIds,
    env: entry.root.env,
    user: entry.root.user,
    workdir: entry.root.workdir,
    platform: formatPlatform(entry.root.platform),
    size: entry.size,
    source: sourceFields(entry.source),
  }
}

function sourceFields(source: LockedSource): object {
  return source.kind === 'debian' ? { ...source, packages: source.packages.toSorted(compareCodeUnits) } : source
}

/** The same value with Maps as objects and the keys of every object in code-unit order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (value === null || typeof value !== 'object') return value
  const members: [string, unknown][] = value instanceof Map ? [...value] : Object.entries(value)
  return Object.fromEntries(members.toSorted(([a], [b]) => compareCodeUnits(a, b)).map(([key, member]) => [key, sorted(member)]))
}
