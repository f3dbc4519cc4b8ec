import { readlinkSync, type Stats } from 'node:fs'
import { type Digest, digestOf, type WorkspacePath } from '@orchestrate/core'
import { DIGEST_LENGTH } from './digest-cache.ts'
import { decodeName } from './file-names.ts'
import { type DirectoryCheck, findFile, unreadable } from './find-file.ts'
import { fileFinding, quotedPath } from './finding.ts'
import type { FileFinding, InventoryEntry } from './inventory.ts'
import type { Ledger } from './ledger.ts'
import { linkFinding } from './link-target.ts'
import { ascendingLookup, type PackedRows, type PackedTable } from './packed-table.ts'
import { digestFile } from './read-file.ts'
import { entryMode, sameState, STAT_NUMBERS, statNumbers } from './stat-row.ts'
import type { Witness } from './witness.ts'

/** One look at many files, for what the table does not know of them. */
export interface Pass {
  readonly entries: ReadonlyMap<WorkspacePath, InventoryEntry>
  readonly findings: FileFinding[]
  /** What was read, for the table. */
  readonly rows: PackedRows
  /** Paths in ascending order. */
  take(path: WorkspacePath): void
  /** Whether a file was read since it was asked last. */
  readSinceTurn(): boolean
}

export interface PassOptions {
  readonly root: string
  readonly table: PackedTable
  /** Spares the look at files that it knows. */
  readonly witness: Witness | null
  readonly ledger: Ledger
  /** What changed later than this may change again unseen: milliseconds since the Unix epoch. */
  readonly trustedBefore: number
  /** How many paths will be taken. */
  readonly size: number
  readonly checkDirectory: DirectoryCheck
}

export function newPass({ root, table, witness, ledger, size, trustedBefore, checkDirectory }: PassOptions): Pass {
  const rowOf = ascendingLookup(table.paths)
  const numberOf = witness?.lookup() ?? (() => -1)
  const isWitnessed = (number: number, states: ArrayLike<number>, at: number) => witness !== null && witness.isState(number, states, at)
  const entries = new Map<WorkspacePath, InventoryEntry>()
  const findings: FileFinding[] = []
  const rows = createRows(size)
  let hasRead = false

  const keep = (path: WorkspacePath, { entry, stat }: ReadEntry, number: number): void => {
    entries.set(path, entry)
    if (stat === null || Math.max(stat.mtimeMs, stat.ctimeMs) >= trustedBefore) return ledger.spoil()
    const state = statNumbers(stat)
    rows.add(path, state, entry.digest)
    if (!isWitnessed(number, state, 0)) ledger.note(path, state)
  }
  const read = (path: WorkspacePath, stat: Stats, number: number): void => {
    hasRead = true
    const found = readEntry(root, path, stat)
    if (found !== null && !('id' in found)) return keep(path, found, number)
    ledger.spoil()
    if (found !== null) findings.push(found)
  }
  const take = (path: WorkspacePath): void => {
    const row = rowOf(path)
    const number = numberOf(path)
    if (row >= 0 && isWitnessed(number, table.numbers, row * STAT_NUMBERS)) {
      entries.set(path, rowEntry(table, row, path))
      return
    }
    const found = findFile(root, path, checkDirectory)
    if (found === null) return ledger.note(path, null)
    if ('id' in found) {
      ledger.spoil()
      findings.push(found)
      return
    }
    const state = statNumbers(found)
    if (row < 0 || !sameState(table.numbers, row * STAT_NUMBERS, state, 0)) return read(path, found, number)
    entries.set(path, rowEntry(table, row, path))
    ledger.note(path, state)
  }
  const readSinceTurn = () => {
    const answer = hasRead
    hasRead = false
    return answer
  }
  return { entries, findings, rows, take, readSinceTurn }
}

function rowEntry({ numbers, texts }: PackedTable, row: number, path: WorkspacePath): InventoryEntry {
  // Only digests are written to this table, and its checksum held; proving each again would take as long as finding it.
  const digest = texts.slice(row * DIGEST_LENGTH, (row + 1) * DIGEST_LENGTH) as Digest
  const at = row * STAT_NUMBERS
  return { path, mode: entryMode(numbers[at + 4] ?? 0), digest, size: numbers[at] ?? 0 }
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
