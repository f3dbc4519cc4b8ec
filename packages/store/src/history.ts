import { canonicalJson, compareCodeUnits, type Digest, type TargetId } from '@orchestrate/core'
import { type Disk, readIfThere } from './disk.ts'
import { writeDurably } from './durable-file.ts'
import type { RunDirectory } from './run-directory.ts'
import { attempt } from './storage-error.ts'
import type { History, HistoryItem } from './store.ts'
import { exactObject, isCount, isDigestOrNull, isDigestValue, parseJson } from './strict-json.ts'

const VERSION = 1

interface TargetHistory {
  readonly good: HistoryItem | null
  readonly failure: Digest | null
}

type Targets = ReadonlyMap<string, TargetHistory>

const NOTHING: TargetHistory = { good: null, failure: null }

/** The history in `file`; one that cannot be read is empty. Saving changes only the targets of which something was recorded. */
export function openHistory(file: string, deps: { readonly root: string; readonly disk: Disk; readonly run: RunDirectory }): History {
  const known = new Map<string, TargetHistory>(load(file))
  const recorded = new Map<string, TargetHistory>()
  const record = (target: TargetId, change: Partial<TargetHistory>): void => {
    const last = known.get(target) ?? NOTHING
    const next = { ...last, ...change }
    if (isSame(last, next)) return
    known.set(target, next)
    recorded.set(target, next)
  }
  return {
    lastGood: (target) => known.get(target)?.good ?? null,
    lastFailure: (target) => known.get(target)?.failure ?? null,
    recordGood: (target, { fingerprint, durationMs }) => {
      record(target, { good: { fingerprint, durationMs: Math.max(0, Math.round(durationMs)) }, failure: null })
    },
    recordFailure: (target, fingerprint) => record(target, { failure: fingerprint }),
    save: () => attempt(deps.root, () => save(file, recorded, deps)),
  }
}

/** What is known already need not be written again: most runs change nothing. */
function isSame(a: TargetHistory, b: TargetHistory): boolean {
  return a.failure === b.failure && a.good?.fingerprint === b.good?.fingerprint && a.good?.durationMs === b.good?.durationMs
}

async function save(file: string, recorded: Targets, deps: { readonly disk: Disk; readonly run: RunDirectory }): Promise<void> {
  if (recorded.size === 0) return
  const content = serialise(new Map([...load(file), ...recorded]))
  await writeDurably(deps.disk, { path: file, temporary: deps.run.next('history'), content, mode: 0o600 })
}

function serialise(targets: Targets): string {
  const members = [...targets].map(([target, { good, failure }]) => ({ target, good: good === null ? null : { ...good }, failure }))
  return canonicalJson({ version: VERSION, targets: members.toSorted((a, b) => compareCodeUnits(a.target, b.target)) })
}

function load(file: string): Targets {
  const bytes = readIfThere(file)
  const history = bytes === null ? null : exactObject(parseJson(bytes.toString('utf8')), ['version', 'targets'])
  const targets = new Map<string, TargetHistory>()
  if (history?.version !== VERSION || !Array.isArray(history.targets)) return targets
  for (const value of history.targets) {
    const entry = exactObject(value, ['target', 'good', 'failure'])
    if (typeof entry?.target === 'string' && isDigestOrNull(entry.failure)) {
      targets.set(entry.target, { good: parseGood(entry.good), failure: entry.failure })
    }
  }
  return targets
}

function parseGood(value: unknown): HistoryItem | null {
  const good = exactObject(value, ['fingerprint', 'durationMs'])
  return good !== null && isDigestValue(good.fingerprint) && isCount(good.durationMs)
    ? { fingerprint: good.fingerprint, durationMs: good.durationMs }
    : null
}
