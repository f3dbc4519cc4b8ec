import { statSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import type { Clock, EnvironmentError, Result } from '@orchestrate/core'
import { createBlobShelf, type ShelfDeps } from './blob-shelf.ts'
import { createBlobWriter } from './blob-writer.ts'
import { createBlobs } from './blobs.ts'
import { createBreath } from './breath.ts'
import { createDirtyDirectories } from './dirty-directories.ts'
import { createDisk, type Disk } from './disk.ts'
import { examineStore } from './examine-store.ts'
import { openHistory } from './history.ts'
import { ingestEntries } from './ingest.ts'
import { createLogs } from './logs.ts'
import { labelProcess, readBootId } from './process-label.ts'
import { createRecords } from './records.ts'
import { createRunDirectory, sweepRuns } from './run-directory.ts'
import { makeScratch, removeQuietly } from './scratch.ts'
import { attempt } from './storage-error.ts'
import { prepareStoreDirectory } from './store-directory.ts'
import { holds, makeSeal } from './store-seal.ts'
import type { Store } from './store.ts'
import { createTrees } from './trees.ts'
import { openVerificationCache, type VerificationCache } from './verification-cache.ts'
import { createViews } from './views.ts'
import { workspaceKey } from './workspace-key.ts'

export interface OpenStoreOptions {
  /** Absolute path; see `storeLocation`. */
  readonly root: string
  readonly clock: Clock
  /** The user who must own the store; by default the one who runs this process. */
  readonly platformUid?: number
  /** As in /proc/sys/kernel/random/boot_id, which is the default. */
  readonly bootId?: string
  /** By default this process. */
  readonly pid?: number
  /** By default this machine's; tests make single calls fail. */
  readonly disk?: Disk
}

/**
 * Opens the store at `root`, making it when it is missing, and sweeps the temporary files of runs that have ended.
 * Any number of processes may have one store open. Errors: see `STORE_DIAGNOSTICS`.
 */
export function openStore(options: OpenStoreOptions): Promise<Result<Store, EnvironmentError>> {
  return attempt(options.root, async () => {
    const disk = options.disk ?? createDisk()
    const breath = createBreath(options.clock)
    const root = await prepareStoreDirectory(options.root, options.platformUid ?? currentUid(), disk)
    const label = labelProcess({ pid: options.pid, bootId: options.bootId })
    await sweepRuns(root, label, breath)
    const cache = openVerificationCache(join(root, 'verified'), options.bootId ?? readBootId(), disk)
    return assemble({ root, disk, breath, cache, run: createRunDirectory(root, label, { disk, breath }) })
  })
}

function assemble(deps: ShelfDeps): Store {
  const { root, disk, run } = deps
  const dirty = createDirtyDirectories(disk)
  const shelf = createBlobShelf(deps)
  const writer = createBlobWriter(deps, shelf, dirty)
  const blobs = createBlobs(deps, shelf, writer)
  const trees = createTrees(blobs)
  const records = createRecords(deps, dirty)
  return {
    root,
    blobs,
    trees,
    records,
    seal: (fingerprints, digests) => makeSeal({ records, shelf }, fingerprints, digests),
    isAsSealed: (seal) => holds({ records, shelf }, seal),
    examine: (signal) => attempt(root, () => examineStore({ deps, shelf, records }, signal)),
    views: createViews(deps, shelf),
    logs: createLogs(root, disk),
    ingest: (entries, declared) => ingestEntries(entries, declared, { root, writer, trees }),
    scratch: () => makeScratch(deps),
    workspaceState: (workspaceRoot) =>
      attempt(root, () => {
        const directory = join(root, 'workspaces', workspaceKey(workspaceRoot))
        disk.makeDirectory(directory, 0o700)
        return { directory, history: openHistory(join(directory, 'history.json'), { root, disk, run }) }
      }),
    close: () => closeStore(deps, deps.cache),
  }
}

/** Neither what is left in tmp/ nor a cache that cannot be saved is worth an error at the end of a run. */
async function closeStore(deps: ShelfDeps, cache: VerificationCache): Promise<void> {
  await removeQuietly(() => cache.save(deps.run.next('verified')))
  await removeQuietly(() => deps.run.remove())
}

function currentUid(): number {
  return statSync('/proc/self', { throwIfNoEntry: false })?.uid ?? userInfo().uid
}
