import { lstatSync, readlinkSync, type Stats } from 'node:fs'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Clock, digestOf, err, ok, parseDigest, type Result, type WorkspacePath } from '@orchestrate/core'
import { type CacheFile, DIGEST_LENGTH } from './digest-cache.ts'
import { createDirectoryCheck, type DirectoryVerdict } from './directory-check.ts'
import { decodeName, isInvalidName } from './file-names.ts'
import { fileFinding, invalidName, quotedPath } from './finding.ts'
import type { FileFinding, InventoryEntry } from './inventory.ts'
import { linkFinding } from './link-target.ts'
import { ascendingLookup, decodeTable, encodeTable, mergeRows, type PackedRow, type PackedTable } from './packed-table.ts'
import { digestFile } from './read-file.ts'
import { sortedUnique } from './sorted-paths.ts'

export interface WorkTreeDigestsOptions {
  readonly root: string
  readonly statCache: CacheFile
  readonly clock: Clock
}

export interface ResolveRequest {
  readonly paths: readonly WorkspacePath[]
  /** Every path of the tree, or null when it was not listed: rows of others are dropped from the cache. */
  readonly listed: readonly WorkspacePath[] | null
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
    async resolve({ paths, listed }, signal) {
      table ??= decodeTable(await statCache.load(), SHAPE)
      const sorted = sortedUnique(paths)
      const pass = newPass(root, table, clock.now() - RACY_MS, checkDirectory)
      let turnEnds = clock.monotonic() + TURN_MS
      for (const path of sorted) {
        pass.take(path)
        if (pass.readSinceTurn() && clock.monotonic() > turnEnds) {
          await nextTurn()
          signal.throwIfAborted()
          turnEnds = clock.monotonic() + TURN_MS
        }
      }
      if (pass.rows.length > 0) {
        table = mergeRows(table, pass.rows, SHAPE, keeper(listed, sorted))
        await statCache.save(encodeTable(table))
      }
      return pass.findings.length > 0 ? err(pass.findings) : ok(pass.entries)
    },
  }
}

/** size, mtime, ctime (milliseconds with a fraction), inode, mode. */
const SHAPE = { numberWidth: 5, textWidth: DIGEST_LENGTH }

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

interface Pass {
  readonly entries: Map<WorkspacePath, InventoryEntry>
  readonly findings: FileFinding[]
  readonly rows: PackedRow[]
  /** Paths in ascending order. */
  take(path: WorkspacePath): void
  /** Whether a file was read since it was asked last. */
  readSinceTurn(): boolean
}

function newPass(root: string, table: PackedTable, trustedBefore: number, checkDirectory: (directory: string) => DirectoryVerdict): Pass {
  const lookup = ascendingLookup(table.paths)
  const entries = new Map<WorkspacePath, InventoryEntry>()
  const findings: FileFinding[] = []
  const rows: PackedRow[] = []
  let hasRead = false

  const keep = (path: WorkspacePath, read: ReadEntry) => {
    entries.set(path, read.entry)
    if (read.stat === null || Math.max(read.stat.mtimeMs, read.stat.ctimeMs) >= trustedBefore) return
    rows.push({ path, numbers: statNumbers(read.stat), text: read.entry.digest })
  }
  const take = (path: WorkspacePath) => {
    const found = findFile(root, path, checkDirectory)
    const known = found === null || 'id' in found ? null : rowEntry(table, lookup(path), path, found)
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

/** What lies at `path`: null for nothing or a directory. */
function findFile(root: string, path: WorkspacePath, checkDirectory: (directory: string) => DirectoryVerdict): Stats | FileFinding | null {
  try {
    const slash = path.lastIndexOf('/')
    const directory = checkDirectory(slash < 0 ? '' : path.slice(0, slash))
    if (directory.kind === 'behind-link') return behindLink(path, directory)
    const stat = directory.kind === 'real' ? lstatSync(`${root}/${path}`, { throwIfNoEntry: false }) : undefined
    if (stat !== undefined) return stat.isDirectory() ? null : stat
    return isInvalidName(path) ? invalidName(path) : null
  } catch (error) {
    return unreadable(path, error)
  }
}

function behindLink(path: WorkspacePath, verdict: Extract<DirectoryVerdict, { kind: 'behind-link' }>): FileFinding {
  const { link, target } = verdict
  if (target === null) {
    const message = `${quotedPath(path)} lies behind the symlink ${quotedPath(link)}, which leaves the workspace`
    return fileFinding('inputs/link-leaves-workspace', path, message)
  }
  return fileFinding('inputs/behind-link', path, `${quotedPath(path)} lies behind the symlink ${quotedPath(link)}`, {
    help: `name it ${quotedPath(`//${target}${path.slice(link.length)}`)}`,
  })
}

function rowEntry(table: PackedTable, row: number, path: WorkspacePath, stat: Stats): InventoryEntry | null {
  if (row < 0) return null
  const at = row * SHAPE.numberWidth
  const { numbers } = table
  const isSame =
    numbers[at] === stat.size &&
    numbers[at + 1] === stat.mtimeMs &&
    numbers[at + 2] === stat.ctimeMs &&
    numbers[at + 3] === stat.ino &&
    numbers[at + 4] === stat.mode
  const digest = isSame ? parseDigest(table.texts.slice(row * DIGEST_LENGTH, (row + 1) * DIGEST_LENGTH)) : null
  return digest === null ? null : { path, mode: entryMode(stat), digest, size: stat.size }
}

function statNumbers(stat: Stats): readonly number[] {
  return [stat.size, stat.mtimeMs, stat.ctimeMs, stat.ino, stat.mode]
}

function entryMode(stat: Stats): InventoryEntry['mode'] {
  if (stat.isSymbolicLink()) return 'symlink'
  // git, too, goes by the owner's bit.
  return (stat.mode & 0o100) === 0 ? 'file' : 'executable'
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
  return { entry: { path, mode: entryMode(content.stat ?? stat), digest: content.digest, size: content.size }, stat: content.stat }
}

function readLink(root: string, path: WorkspacePath, stat: Stats): ReadEntry | FileFinding {
  const target = readlinkSync(`${root}/${path}`, { encoding: 'buffer' })
  return (
    linkFinding(root, path, decodeName(target)) ?? { entry: { path, mode: 'symlink', digest: digestOf(target), size: target.length }, stat }
  )
}

/** Null when the file vanished meanwhile; a bug when the system says anything that is not about the file. */
function unreadable(path: WorkspacePath, error: unknown): FileFinding | null {
  const code = error instanceof Error && 'code' in error ? String(error.code) : null
  if (code === null) throw error
  if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG') return null
  return fileFinding('inputs/unreadable', path, `${quotedPath(path)} cannot be read (${code})`)
}

function specialKind(stat: Stats): string {
  if (stat.isFIFO()) return 'a FIFO'
  return stat.isSocket() ? 'a socket' : 'a device'
}
