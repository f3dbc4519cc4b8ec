import { readdirSync } from 'node:fs'
import { compareCodeUnits, type Digest, parseDigest } from '@orchestrate/core'
import type { Variant } from './blob-layout.ts'
import type { BlobShelf, ShelfDeps } from './blob-shelf.ts'
import { discard } from './durable-file.ts'
import { onDisk } from './disk.ts'
import type { RecordFiles } from './records.ts'
import type { StoreExamination } from './store.ts'

interface ExaminedParts {
  readonly deps: ShelfDeps
  readonly shelf: BlobShelf
  readonly records: RecordFiles
}

/**
 * Reads every blob and every record of a store, whatever is known of them. A damaged blob goes to `quarantine/`, a record that
 * cannot be read is removed: both are misses from then on, and made again by the next run that needs them. Others may work in the
 * store meanwhile.
 *
 * @throws DiskError, and the reason of `signal` when it aborts
 */
export async function examineStore({ deps, shelf, records }: ExaminedParts, signal: AbortSignal): Promise<StoreExamination> {
  const found = { blobs: 0, records: 0, damagedBlobs: [] as Digest[], damagedRecords: [] as Digest[] }
  for (const { digest, variant } of listBlobs(deps.root)) {
    signal.throwIfAborted()
    const state = await shelf.reread(digest, variant)
    if (state !== 'missing') found.blobs += 1
    if (state === 'damaged') found.damagedBlobs.push(digest)
  }
  for (const fingerprint of listRecords(deps.root)) {
    signal.throwIfAborted()
    if (deps.breath.due()) await deps.breath.take()
    found.records += 1
    if ((await records.get(fingerprint)) !== null) continue
    found.damagedRecords.push(fingerprint)
    discard(deps.disk, records.path(fingerprint))
  }
  return found
}

function listBlobs(root: string): readonly { readonly digest: Digest; readonly variant: Variant }[] {
  return listShards(`${root}/blobs/sha256`).flatMap((name) => {
    const executable = name.endsWith('.x')
    const digest = parseDigest(`sha256:${executable ? name.slice(0, -2) : name}`)
    return digest === null ? [] : { digest, variant: executable ? ('executable' as const) : ('plain' as const) }
  })
}

function listRecords(root: string): readonly Digest[] {
  return listShards(`${root}/records`).flatMap((name) => (name.endsWith('.json') ? (parseDigest(`sha256:${name.slice(0, -5)}`) ?? []) : []))
}

/** The names in all directories of `directory`, sorted. */
function listShards(directory: string): readonly string[] {
  return onDisk(directory, () => readdirSync(directory, { withFileTypes: true }))
    .filter((shard) => shard.isDirectory())
    .flatMap(({ name }) => onDisk(directory, () => readdirSync(`${directory}/${name}`)))
    .toSorted(compareCodeUnits)
}
