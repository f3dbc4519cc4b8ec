import { existsSync } from 'node:fs'
import type { TargetId } from '@orchestrate/core'
import { isBeingWritten } from '@orchestrate/store'
import type { Session } from './session.ts'

/** Where the log of a target's last build lies. */
export type FoundLog =
  /** A builder of another process writes it. */
  | { readonly kind: 'running'; readonly path: string }
  | { readonly kind: 'failed'; readonly path: string }
  /** Of the outcome that the workspace has now, whoever built it. */
  | { readonly kind: 'succeeded'; readonly path: string; readonly finishedAt: number | null; readonly durationMs: number }
  | { readonly kind: 'silent'; readonly finishedAt: number; readonly durationMs: number }
  | { readonly kind: 'never-built' }

/**
 * A build that runs comes first, then one that failed last; else the log belongs to the record of the last success, which a hit
 * may have brought from another workspace of this user.
 */
export async function findLog({ store, state, root }: Session, target: TargetId, self: number): Promise<FoundLog> {
  const path = store.logs.pathFor(root, target)
  const written = existsSync(path)
  if (written && isBeingWritten(path, self)) return { kind: 'running', path }
  if (written && state.history.lastFailure(target) !== null) return { kind: 'failed', path }
  const good = state.history.lastGood(target)
  const record = good === null ? null : await store.records.get(good.fingerprint)
  if (record?.kind === 'build') {
    const { log, finishedAt, durationMs } = record
    if (log === null) return { kind: 'silent', finishedAt, durationMs }
    const file = await store.blobs.file(log, false)
    if (file.ok) return { kind: 'succeeded', path: file.value, finishedAt, durationMs }
  }
  if (good !== null && written) return { kind: 'succeeded', path, finishedAt: null, durationMs: good.durationMs }
  // It was stopped, or killed, before anything could be said of it.
  return written ? { kind: 'failed', path } : { kind: 'never-built' }
}
