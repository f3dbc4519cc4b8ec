import { assertNever, type Digest } from '@orchestrate/core'
import type { PlanLookups } from '@orchestrate/plan'
import type { ActionRecord } from '@orchestrate/store'
import type { Session } from './session.ts'

/** What the planner asks of the store and the history. */
export function planLookups(session: Session): PlanLookups {
  const { store, state } = session
  return {
    record: (fingerprint) => store.records.get(fingerprint),
    damaged: (record) => findDamaged(session, record),
    manifest: (fingerprint) => store.blobs.text(fingerprint),
    lastGood: (target) => state.history.lastGood(target),
    lastFailure: (target) => state.history.lastFailure(target),
  }
}

/** The first blob that a record names and that is missing or damaged, or null. */
export async function findDamaged({ store }: Session, record: ActionRecord): Promise<Digest | null> {
  const named = blobsOf(record)
  const [direct] = await store.blobs.verify(named)
  if (direct !== undefined || record.kind !== 'build') return direct ?? null
  for (const { tree: digest } of record.artifacts) {
    const tree = await store.trees.get(digest)
    if (tree === null) return digest
    const [damaged] = await store.blobs.verify(tree.entries.flatMap((entry) => (entry.type === 'file' ? [entry.digest] : [])))
    if (damaged !== undefined) return damaged
  }
  return null
}

/** Every blob that a record names, those of its trees included; null when a tree cannot be read. */
export async function namedBlobs({ store }: Session, record: ActionRecord): Promise<readonly Digest[] | null> {
  const named = blobsOf(record)
  if (record.kind !== 'build') return named
  const files: Digest[] = []
  for (const { tree: digest } of record.artifacts) {
    const tree = await store.trees.get(digest)
    if (tree === null) return null
    for (const entry of tree.entries) if (entry.type === 'file') files.push(entry.digest)
  }
  return [...named, ...files]
}

function blobsOf(record: ActionRecord): readonly Digest[] {
  switch (record.kind) {
    case 'build':
      return record.artifacts.map((artifact) => artifact.tree)
    case 'image':
      return [record.manifest, record.config, ...record.layers.map((layer) => layer.source.blob)]
    case 'toolchain':
      return record.layers.map((layer) => layer.diffId)
    default:
      return assertNever(record)
  }
}
