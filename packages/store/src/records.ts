import { type Digest, digestHex } from '@orchestrate/core'
import type { ShelfDeps } from './blob-shelf.ts'
import type { DirtyDirectories } from './dirty-directories.ts'
import { readIfThere } from './disk.ts'
import { discard, writeDurably } from './durable-file.ts'
import { parseActionRecord, serialiseActionRecord } from './parse-action-record.ts'
import { attempt } from './storage-error.ts'
import type { Records } from './store.ts'

/**
 * Records as small files, `records/ab/<fingerprint>.json`. One is written only after the directories of all blobs that were put before
 * are on the disk, so that no record ever names a blob that a power cut took.
 */
export function createRecords(deps: Pick<ShelfDeps, 'root' | 'disk' | 'run'>, dirty: DirtyDirectories): Records {
  const path = (fingerprint: Digest): string => `${deps.root}/records/${digestHex(fingerprint).slice(0, 2)}/${digestHex(fingerprint)}.json`
  return {
    get: async (fingerprint) => {
      const text = readIfThere(path(fingerprint))
      const record = text === null ? null : parseActionRecord(text.toString('utf8'))
      return record?.fingerprint === fingerprint ? record : null
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
