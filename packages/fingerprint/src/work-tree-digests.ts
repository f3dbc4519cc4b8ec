import { readlinkSync, type Stats } from 'node:fs'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Clock, type Digest, digestOf, err, ok, type Result, type WorkspacePath } from '@orchestrate/core'
import { type CacheFile, DIGEST_LENGTH } from './digest-cache.ts'
import { createDirectoryCheck } from './directory-check.ts'
import { decodeName } from './file-names.ts'
import { type DirectoryCheck, findFile, unreadable } from './find-file.ts'
import { fileFinding, quotedPath } from './finding.ts'
import type { FileFinding, InventoryEntry } from './inventory.ts'
import { linkFinding } from './link-target.ts'
import { ascendingLookup, decodeTable, encodeTable, mergeRows, type PackedRows, type PackedTable } from './packed-table.ts'
import { digestFile } from './read-file.ts'
import { sortedUnique } from './sorted-paths.ts'
import { entryMode, sameState, STAT_NUMBERS, statNumbers } from './stat-row.ts'
import type { WorkTreeScan } from './work-tree-scan.ts'

export interface WorkTreeDigestsOptions {
  readonly root: string
  readonly statCache: CacheFile
  readonly clock: Clock
}

export interface ResolveRequest {
  readonly paths: readonly WorkspacePath[]
  /** What the tree lists, or null when it was not listed: rows of others are dropped from the cache. */
  readonly scan: WorkTreeScan | null
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
    async resolve({ paths, scan }, signal) {
      if (paths.length === 0) return ok(new Map())
      table ??= decodeTable(await statCache.load(), SHAPE)
      const sorted = sortedUnique(paths)
      const states = scan === null ? null : await scan.states()
      const scanned = scan === null || states === null ? null : { paths: scan.paths, states }
      const pass = newPass({ root, table, scanned, size: sorted.length, trustedBefore: clock.now() - RACY_MS, checkDirectory })
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
        const bytes = encodeTable(mergeRows(table, pass.rows, SHAPE, keeper(scan?.paths ?? null, sorted)))
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
const RACY_MS = 2_000

/** How long files are read before other work, such as an interrupt, gets its turn. */
const TURN_MS = 50

function keeper(listed: readonly WorkspacePath[] | null, requested: readonly WorkspacePath[]): (path: string) => boolean {
  if (listed === null) return () => true
  const inList = ascendingLookup(listed)
  const inRequest = ascendingLookup(requested)
  return (path) => inList(path) >= 0 || inRequest(path) >= 0
}

interface Rows extends PackedRows {
  add(path: string, numbers: readonly number[], text: string): void
}

/** Room for `most` rows, taken with the first: most commands have none. */
function createRows(most: number): Rows {
  const paths: string[] = []
  const texts: string[] = []
  let numbers = new Float64Array(0)
  return {
    paths,
    texts,
    get numbers() {
      return numbers
    },
    add: (path, row, text) => {
      if (numbers.length === 0) numbers = new Float64Array(most * STAT_NUMBERS)
      numbers.set(row, paths.length * STAT_NUMBERS)
      paths.push(path)
      texts.push(text)
    },
  }
}

interface Pass {
  readonly entries: Map<WorkspacePath, InventoryEntry>
  readonly findings: FileFinding[]
  readonly rows: Rows
  /** Paths in ascending order. */
  take(path: WorkspacePath): void
  /** Whether a file was read since it was asked last. */
  readSinceTurn(): boolean
}

/** A scan whose states have come. */
interface Scanned {
  readonly paths: readonly WorkspacePath[]
  readonly states: Float64Array
}

interface PassOptions {
  readonly root: string
  readonly table: PackedTable
  readonly scanned: Scanned | null
  readonly trustedBefore: number
  /** How many paths will be taken. */
  readonly size: number
  readonly checkDirectory: DirectoryCheck
}

function newPass({ root, table, scanned, size, trustedBefore, checkDirectory }: PassOptions): Pass {
  const lookup = ascendingLookup(table.paths)
  const readState = stateReader(scanned)
  const entries = new Map<WorkspacePath, InventoryEntry>()
  const findings: FileFinding[] = []
  const rows = createRows(size)
  let hasRead = false

  const keep = (path: WorkspacePath, read: ReadEntry) => {
    entries.set(path, read.entry)
    if (read.stat === null || Math.max(read.stat.mtimeMs, read.stat.ctimeMs) >= trustedBefore) return
    rows.add(path, statNumbers(read.stat), read.entry.digest)
  }
  const take = (path: WorkspacePath) => {
    const row = lookup(path)
    const unchanged = readState(path, (states, at) => rowEntry(table, row, path, states, at))
    if (unchanged !== null) {
      entries.set(path, unchanged)
      return
    }
    const found = findFile(root, path, checkDirectory)
    const known = found === null || 'id' in found ? null : rowEntry(table, row, path, statNumbers(found), 0)
    if (known !== null) {
      entries.set(path, known)
      return
    }
    hasRead = true
    const read = found === null || 'id' in found ? found : readEntry(root, path, found)
    if (read === null) return
    if ('id' in read) findings.push(read)
    else keep(path, read)
  }
  const readSinceTurn = () => {
    const answer = hasRead
    hasRead = false
    return answer
  }
  return { entries, findings, rows, take, readSinceTurn }
}

type StateReader = (states: Float64Array, at: number) => InventoryEntry | null

/** Reads the states of a scan, for paths in ascending order. Each serves once: whoever asks again wants to know what is there now. */
function stateReader(scanned: Scanned | null): (path: WorkspacePath, read: StateReader) => InventoryEntry | null {
  if (scanned === null) return () => null
  const { paths, states } = scanned
  const lookup = ascendingLookup(paths)
  return (path, read) => {
    const index = lookup(path)
    if (index < 0) return null
    const at = index * STAT_NUMBERS
    const entry = read(states, at)
    states.fill(Number.NaN, at, at + STAT_NUMBERS)
    return entry
  }
}

/** The entry of `row` if the state that begins at `at` of `states` is the one it was written in. */
function rowEntry(table: PackedTable, row: number, path: WorkspacePath, states: ArrayLike<number>, at: number): InventoryEntry | null {
  if (row < 0 || !sameState(table.numbers, row * STAT_NUMBERS, states, at)) return null
  // Only digests are written to this table, and its checksum held; proving each again would take as long as finding it.
  const digest = table.texts.slice(row * DIGEST_LENGTH, (row + 1) * DIGEST_LENGTH) as Digest
  return { path, mode: entryMode(states[at + 4] ?? 0), digest, size: states[at] ?? 0 }
}

interface ReadEntry {
  readonly entry: InventoryEntry
  /** The state that was read, or null when it changed meanwhile. */
  readonly stat: Stats | null
}

function readEntry(root: string, path: WorkspacePath, stat: Stats): ReadEntry | FileFinding | null {
  if (!stat.isFile() && !stat.isSymbolicLink()) {
    return fileFinding('inputs/special-file', path, `${quotedPath(path)} is ${specialKind(stat)}, not a file`)
  }
  try {
    return stat.isFile() ? readRegular(root, path, stat) : readLink(root, path, stat)
  } catch (error) {
    return unreadable(path, error)
  }
}

function readRegular(root: string, path: WorkspacePath, stat: Stats): ReadEntry | FileFinding {
  const content = digestFile(`${root}/${path}`)
  if (content.isLfsPointer) return fileFinding('inputs/lfs-pointer', path, `${quotedPath(path)} is a git-LFS pointer, not its content`)
  return { entry: { path, mode: entryMode((content.stat ?? stat).mode), digest: content.digest, size: content.size }, stat: content.stat }
}

function readLink(root: string, path: WorkspacePath, stat: Stats): ReadEntry | FileFinding {
  const target = readlinkSync(`${root}/${path}`, { encoding: 'buffer' })
  return (
    linkFinding(root, path, decodeName(target)) ?? { entry: { path, mode: 'symlink', digest: digestOf(target), size: target.length }, stat }
  )
}

function specialKind(stat: Stats): string {
  if (stat.isFIFO()) return 'a FIFO'
  return stat.isSocket() ? 'a socket' : 'a device'
}
