import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Clock, err, ok, type Result, type WorkspacePath } from '@orchestrate/core'
import { type CacheFile, DIGEST_LENGTH } from './digest-cache.ts'
import { newPass } from './digest-pass.ts'
import { createDirectoryCheck } from './directory-check.ts'
import type { FileFinding, InventoryEntry } from './inventory.ts'
import type { Ledger } from './ledger.ts'
import { ascendingLookup, decodeTable, encodeTable, mergeRows, type PackedTable } from './packed-table.ts'
import { sortedUnique } from './sorted-paths.ts'
import { STAT_NUMBERS } from './stat-row.ts'
import type { WorkTreeListing } from './work-tree-list.ts'

export interface WorkTreeDigestsOptions {
  readonly root: string
  readonly statCache: CacheFile
  readonly clock: Clock
}

export interface ResolveRequest {
  readonly paths: readonly WorkspacePath[]
  /** What the tree lists, or null when it was not listed: rows of others are dropped from the cache. */
  readonly listing: WorkTreeListing | null
  /** Takes down what is found. */
  readonly ledger: Ledger
}

type Resolved = Result<ReadonlyMap<WorkspacePath, InventoryEntry>, FileFinding[]>

/**
 * Digests of work-tree files through a stat cache: a file whose size, times, inode and mode are those of its row is not read.
 * A row is kept only for a file that was last changed well before it was read, so that a second change within the file
 * system's time granularity cannot hide ("racily clean" in git's words). Changing the content always changes the ctime, also
 * where a tool restores the mtime.
 *
 * @see https://git-scm.com/docs/racy-git
 */
export function createWorkTreeDigests(options: WorkTreeDigestsOptions): {
  resolve(request: ResolveRequest, signal: AbortSignal): Promise<Resolved>
} {
  const { root, statCache, clock } = options
  const checkDirectory = createDirectoryCheck(root)
  let table: PackedTable | null = null

  return {
    async resolve({ paths, listing, ledger }, signal) {
      if (paths.length === 0) return ok(new Map())
      table ??= decodeTable(await statCache.load(), SHAPE)
      const sorted = sortedUnique(paths)
      const witness = listing?.witness ?? null
      const pass = newPass({ root, table, witness, ledger, size: sorted.length, trustedBefore: clock.now() - RACY_MS, checkDirectory })
      let turnEnds = clock.monotonic() + TURN_MS
      for (const path of sorted) {
        pass.take(path)
        if (pass.readSinceTurn() && clock.monotonic() > turnEnds) {
          await nextTurn()
          signal.throwIfAborted()
          turnEnds = clock.monotonic() + TURN_MS
        }
      }
      if (pass.rows.paths.length > 0) {
        const bytes = encodeTable(mergeRows(table, pass.rows, SHAPE, keeper(listing?.paths ?? null, sorted)))
        // Whoever asks again loads it again: it is large, and hardly anybody does.
        table = null
        await statCache.save(bytes)
      }
      return pass.findings.length > 0 ? err(pass.findings) : ok(pass.entries)
    },
  }
}

const SHAPE = { numberWidth: STAT_NUMBERS, textWidth: DIGEST_LENGTH }

/** Coarser than the clocks of the file systems in use: FAT counts in 2 s. */
export const RACY_MS = 2_000

/** How long files are read before other work, such as an interrupt, gets its turn. */
const TURN_MS = 50

function keeper(listed: readonly WorkspacePath[] | null, requested: readonly WorkspacePath[]): (path: string) => boolean {
  if (listed === null) return () => true
  const inList = ascendingLookup(listed)
  const inRequest = ascendingLookup(requested)
  return (path) => inList(path) >= 0 || inRequest(path) >= 0
}
