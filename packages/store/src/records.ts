import { type Digest, digestHex } from '@orchestrate/core'
import type { ShelfDeps } from './blob-shelf.ts'
import type { DirtyDirectories } from './dirty-directories.ts'
import { type FileState, readWithState } from './file-state.ts'
import { discard, writeDurably } from './durable-file.ts'
import { parseActionRecord, serialiseActionRecord } from './parse-action-record.ts'
import { attempt } from './storage-error.ts'
import type { Records } from './store.ts'

/** Records that remember in which state their files were when they were read. */
export interface RecordFiles extends Records {
  path(fingerprint: Digest): string
  /** Null for a record that was not read, or not found, since the store was opened. */
  stateRead(fingerprint: Digest): FileState | null
}

/**
 * Records as small files, `records/ab/<fingerprint>.json`. One is written only after the directories of all blobs that were put before
 * are on the disk, so that no record ever names a blob that a power cut took.
 */
export function createRecords(deps: Pick<ShelfDeps, 'root' | 'disk' | 'run'>, dirty: DirtyDirectories): RecordFiles {
  const path = (fingerprint: Digest): string => `${deps.root}/records/${digestHex(fingerprint).slice(0, 2)}/${digestHex(fingerprint)}.json`
  const states = new Map<Digest, FileState>()
  return {
    path,
    stateRead: (fingerprint) => states.get(fingerprint) ?? null,
    get: async (fingerprint) => {
      const read = readWithState(path(fingerprint))
      const record = read === null ? null : parseActionRecord(read.content.toString('utf8'))
      if (read === null || record?.fingerprint !== fingerprint) return null
      states.set(fingerprint, read.state)
      return record
    },
    put: (record) =>
      attempt(deps.root, async () => {
        await dirty.sync()
        const file = {
          path: path(record.fingerprint),
          temporary: deps.run.next('record'),
          content: serialiseActionRecord(record),
          mode: 0o444,
        }
        await writeDurably(deps.disk, file)
      }),
    remove: async (fingerprint) => discard(deps.disk, path(fingerprint)),
  }
}
