import { lstatSync, readlinkSync } from 'node:fs'
import { digestOf, err, ok, parseDigest, type Result, type WorkspacePath } from '@orchestrate/core'
import { checkOut } from './checkout.ts'
import { type CacheFile, DIGEST_LENGTH } from './digest-cache.ts'
import { decodeName, isInvalidName } from './file-names.ts'
import { fileFinding, invalidName, quotedPath } from './finding.ts'
import type { IndexedFile, IndexListing } from './index-list.ts'
import type { IndexRepository } from './index-repository.ts'
import type { FileFinding, InventoryEntry } from './inventory.ts'
import { linkFinding } from './link-target.ts'
import { ascendingLookup, decodeTable, EMPTY_TABLE, encodeTable, mergeRows, type PackedTable } from './packed-table.ts'
import { digestFile } from './read-file.ts'
import { sortedUnique } from './sorted-paths.ts'

export interface IndexDigestsOptions {
  readonly cache: CacheFile
  readonly scratchDirectory: string
}

type Resolved = Result<ReadonlyMap<WorkspacePath, InventoryEntry>, FileFinding[]>

/**
 * Digests of files as git would check them out, cached by path, mode and object as long as nothing changes that decides about
 * line endings and filters. What is not cached is checked out, some files at a time, and read.
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
      const read = await readMisses(misses, scratchDirectory, signal)
      if (read.entries.length > 0) {
        const rows = read.entries.map(({ entry, file }) => ({ path: entry.path, numbers: [entry.size], text: entry.digest + rowKey(file) }))
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

interface Miss {
  readonly path: WorkspacePath
  readonly file: IndexedFile
}

function lookUp(
  paths: readonly WorkspacePath[],
  listing: IndexListing,
  table: PackedTable,
): { entries: Map<WorkspacePath, InventoryEntry>; misses: Miss[] } {
  const lookup = ascendingLookup(table.paths)
  const entries = new Map<WorkspacePath, InventoryEntry>()
  const misses: Miss[] = []
  for (const path of paths) {
    const file = listing.files.get(path)
    if (file === undefined) continue
    const row = lookup(path)
    const start = row * SHAPE.textWidth
    const isSame = row >= 0 && table.texts.slice(start + DIGEST_LENGTH, start + SHAPE.textWidth) === rowKey(file)
    const digest = isSame ? parseDigest(table.texts.slice(start, start + DIGEST_LENGTH)) : null
    if (digest === null) misses.push({ path, file })
    else entries.set(path, { path, mode: entryMode(file), digest, size: table.numbers[row] ?? 0 })
  }
  return { entries, misses }
}

function entryMode(file: IndexedFile): InventoryEntry['mode'] {
  return file.mode === '120000' ? 'symlink' : file.mode === '100755' ? 'executable' : 'file'
}

interface ReadMisses {
  /** Sorted by path. */
  readonly entries: readonly { readonly entry: InventoryEntry; readonly file: IndexedFile }[]
  readonly findings: readonly FileFinding[]
}

async function readMisses(misses: readonly Miss[], scratchDirectory: string, signal: AbortSignal): Promise<ReadMisses> {
  const entries: { entry: InventoryEntry; file: IndexedFile }[] = []
  const findings = misses.filter(({ path }) => isInvalidName(path)).map(({ path }) => invalidName(path))
  for (const [repository, ofRepository] of byRepository(misses.filter(({ path }) => !isInvalidName(path)))) {
    for (let from = 0; from < ofRepository.length; from += FILES_A_CHECKOUT) {
      const some = ofRepository.slice(from, from + FILES_A_CHECKOUT)
      const names = some.map(({ file }) => file.name)
      await using checkout = await checkOut({ repository, names, scratchDirectory }, signal)
      if (!checkout.result.ok) {
        findings.push(...checkout.result.error.flatMap((finding) => some.slice(0, 1).map(({ path }) => ({ ...finding, path }))))
        continue
      }
      for (const miss of some) {
        const read = readCheckedOut(miss, checkout.fileOf(miss.file.name))
        if ('id' in read) findings.push(read)
        else entries.push({ entry: read, file: miss.file })
      }
    }
  }
  entries.sort((a, b) => (a.entry.path < b.entry.path ? -1 : 1))
  return { entries, findings }
}

/** Bounds what lies in the scratch directory at a time. */
const FILES_A_CHECKOUT = 4_000

function byRepository(misses: readonly Miss[]): ReadonlyMap<IndexRepository, readonly Miss[]> {
  const groups = new Map<IndexRepository, Miss[]>()
  for (const miss of misses) {
    const group = groups.get(miss.file.repository)
    if (group === undefined) groups.set(miss.file.repository, [miss])
    else group.push(miss)
  }
  return groups
}

function readCheckedOut({ path, file }: Miss, absolute: string): InventoryEntry | FileFinding {
  const mode = entryMode(file)
  if (lstatSync(absolute).isSymbolicLink()) {
    const target = readlinkSync(absolute, { encoding: 'buffer' })
    return linkFinding(null, path, decodeName(target)) ?? { path, mode, digest: digestOf(target), size: target.length }
  }
  const content = digestFile(absolute)
  if (content.isLfsPointer) return fileFinding('inputs/lfs-pointer', path, `${quotedPath(path)} is a git-LFS pointer, not its content`)
  return { path, mode, digest: content.digest, size: content.size }
}
