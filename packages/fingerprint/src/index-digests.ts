import { createDigester, type Digester, digestOf, err, ok, parseDigest, type Result, type WorkspacePath } from '@orchestrate/core'
import { type CacheFile, DIGEST_LENGTH } from './digest-cache.ts'
import { decodeName, isInvalidName } from './file-names.ts'
import { fileFinding, invalidName, quotedPath } from './finding.ts'
import { readIndexContents } from './index-contents.ts'
import type { IndexedFile, IndexListing } from './index-list.ts'
import type { FileFinding, InventoryEntry } from './inventory.ts'
import { isLfsPointer } from './lfs-pointer.ts'
import { linkFinding } from './link-target.ts'
import { ascendingLookup, decodeTable, EMPTY_TABLE, encodeTable, mergeRows, type PackedTable } from './packed-table.ts'
import type { RecordSink } from './record-splitter.ts'
import { sortedUnique } from './sorted-paths.ts'

export interface IndexDigestsOptions {
  readonly cache: CacheFile
  readonly scratchDirectory: string
}

type Resolved = Result<ReadonlyMap<WorkspacePath, InventoryEntry>, FileFinding[]>

/**
 * Digests of files as git would check them out, cached by path, mode and object as long as nothing changes that decides about
 * line endings and filters.
 */
export function createIndexDigests(options: IndexDigestsOptions): {
  resolve(paths: readonly WorkspacePath[], listing: IndexListing, signal: AbortSignal): Promise<Resolved>
} {
  const { cache, scratchDirectory } = options
  let table: PackedTable | null = null
  return {
    async resolve(paths, listing, signal) {
      table ??= ofConversion(decodeTable(await cache.load(), SHAPE), listing.conversion)
      const { entries, misses } = lookUp(sortedUnique(paths), listing, table)
      if (misses.length === 0) return ok(entries)
      const read = await readMisses(misses, scratchDirectory, signal)
      if (read.entries.length > 0) {
        const rows = {
          paths: read.entries.map(({ entry }) => entry.path),
          numbers: Float64Array.from(read.entries, ({ entry }) => entry.size),
          texts: read.entries.map(({ entry, miss }) => entry.digest + rowKey(miss)),
        }
        const inList = ascendingLookup([...listing.files.keys()])
        table = mergeRows(table, rows, SHAPE, (path) => inList(path) >= 0)
        await cache.save(encodeTable(table))
      }
      for (const { entry } of read.entries) entries.set(entry.path, entry)
      return read.findings.length > 0 ? err([...read.findings]) : ok(entries)
    },
  }
}

/** Size; the digest, the mode and the object id, for which there is room up to SHA-256. */
const SHAPE = { numberWidth: 1, textWidth: DIGEST_LENGTH + 6 + 64 }

function rowKey(file: IndexedFile): string {
  return file.mode + file.oid.padEnd(64)
}

function ofConversion(table: PackedTable, conversion: string): PackedTable {
  return table.tag === conversion ? table : { ...EMPTY_TABLE, tag: conversion }
}

interface LookedUp {
  readonly entries: Map<WorkspacePath, InventoryEntry>
  readonly misses: readonly IndexedFile[]
}

function lookUp(paths: readonly WorkspacePath[], listing: IndexListing, table: PackedTable): LookedUp {
  const lookup = ascendingLookup(table.paths)
  const entries = new Map<WorkspacePath, InventoryEntry>()
  const misses: IndexedFile[] = []
  for (const path of paths) {
    const file = listing.files.get(path)
    if (file === undefined) continue
    const row = lookup(path)
    const start = row * SHAPE.textWidth
    const isSame = row >= 0 && table.texts.slice(start + DIGEST_LENGTH, start + SHAPE.textWidth) === rowKey(file)
    const digest = isSame ? parseDigest(table.texts.slice(start, start + DIGEST_LENGTH)) : null
    if (digest === null) misses.push(file)
    else entries.set(path, { path, mode: entryMode(file), digest, size: table.numbers[row] ?? 0 })
  }
  return { entries, misses }
}

function entryMode(file: IndexedFile): InventoryEntry['mode'] {
  if (file.mode === '120000') return 'symlink'
  return file.mode === '100755' ? 'executable' : 'file'
}

interface ReadMisses {
  /** Sorted by path. */
  readonly entries: readonly { readonly entry: InventoryEntry; readonly miss: IndexedFile }[]
  readonly findings: readonly FileFinding[]
}

async function readMisses(misses: readonly IndexedFile[], scratchDirectory: string, signal: AbortSignal): Promise<ReadMisses> {
  const findings = misses.filter(({ path }) => isInvalidName(path)).map(({ path }) => invalidName(path))
  const files = misses.filter(({ path }) => !isInvalidName(path))
  const entries: { entry: InventoryEntry; miss: IndexedFile }[] = []
  const sinkFor = (miss: IndexedFile) =>
    digestingSink(miss, (read) => {
      if ('id' in read) findings.push(read)
      else entries.push({ entry: read, miss })
    })
  const read = await readIndexContents({ files, scratchDirectory, sinkFor }, signal)
  if (!read.ok) {
    // What was read until then cannot be told from what a failing git made up.
    const [first] = misses
    return {
      entries: [],
      findings: [...findings, ...read.error.flatMap((finding) => (first === undefined ? [] : { ...finding, path: first.path }))],
    }
  }
  entries.sort((a, b) => (a.entry.path < b.entry.path ? -1 : 1))
  return { entries, findings }
}

function digestingSink(miss: IndexedFile, done: (read: InventoryEntry | FileFinding) => void): RecordSink {
  let size = 0
  /** The whole content so far, unless it is large: then `digester` has it. */
  let small: Buffer | null = Buffer.alloc(0)
  let digester: Digester | null = null
  return {
    part: (bytes) => {
      size += bytes.length
      if (digester !== null) digester.update(bytes)
      else if (small !== null) small = Buffer.concat([small, bytes])
      if (small === null || size <= SMALL_BYTES) return
      digester = createDigester()
      digester.update(small)
      small = null
    },
    end: () => {
      const digest = digester === null ? digestOf(small ?? '') : digester.digest()
      const entry = { path: miss.path, mode: entryMode(miss), digest, size }
      done(findingOf(entry, small) ?? entry)
    },
  }
}

/** Holds the text of any symlink, any pointer of git-LFS, and most sources. */
const SMALL_BYTES = 64 * 1024

function findingOf({ path, mode }: InventoryEntry, content: Buffer | null): FileFinding | null {
  if (content === null) return null
  if (mode === 'symlink') return linkFinding(null, path, decodeName(content))
  return isLfsPointer(content) ? fileFinding('inputs/lfs-pointer', path, `${quotedPath(path)} is a git-LFS pointer, not its content`) : null
}
