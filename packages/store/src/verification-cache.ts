import type { Stats } from 'node:fs'
import { type Digest, digestHex, digestOf } from '@orchestrate/core'
import type { Variant } from './blob-layout.ts'
import { type Disk, readIfThere } from './disk.ts'
import { writeDurably } from './durable-file.ts'
import type { VerifiedRow } from './verified-row.ts'
import { VerifiedRows } from './verified-rows.ts'
import { encodeTable, findRow, mergeTables, readTable } from './verified-table.ts'

/**
 * Which blob files have been read and found intact, by what the kernel says of them: inode, size and ctime (the mtime of a blob
 * follows from its digest). Any write, chmod, link or restored mtime changes the ctime, and the blob is read again.
 *
 * A file that this store has synced is trusted for good; any other only until the machine boots again, since a power cut may have torn it.
 */
export interface VerificationCache {
  knows(digest: Digest, variant: Variant, stats: Stats): boolean
  isDurable(digest: Digest, variant: Variant): boolean
  note(digest: Digest, variant: Variant, stats: Stats, durable: boolean): void
  /** Adds what was noted to the file, merged with what other runs added meanwhile. Losing a race loses time only. */
  save(temporary: string): Promise<void>
}

export function openVerificationCache(file: string, bootId: string, disk: Disk): VerificationCache {
  const boot = digestHex(digestOf(bootId))
  const table = load(file, boot)
  const noted = new VerifiedRows()
  const lookUp = (digest: Digest, variant: Variant): VerifiedRow | null =>
    noted.get(rowKey(digest, variant)) ?? findRow(table, rowKey(digest, variant))
  return {
    knows: (digest, variant, stats) => {
      const row = lookUp(digest, variant)
      return row !== null && row.ctimeMs === stats.ctimeMs && row.inode === stats.ino && row.size === stats.size
    },
    isDurable: (digest, variant) => lookUp(digest, variant)?.durable === true,
    note: (digest, variant, stats, durable) => {
      noted.set(rowKey(digest, variant), { inode: stats.ino, size: stats.size, ctimeMs: stats.ctimeMs, durable })
    },
    save: async (temporary) => {
      if (noted.size === 0) return
      const content = mergeTables(load(file, boot), encodeTable(noted, boot))
      await writeDurably(disk, { path: file, temporary, content, mode: 0o600 })
    },
  }
}

/** A cache that cannot be read is an empty one. */
function load(file: string, boot: string): Buffer {
  return readTable(readIfThere(file) ?? Buffer.alloc(0), boot)
}

const rowKey = (digest: Digest, variant: Variant): string => `${digestHex(digest)}${variant === 'executable' ? '01' : '00'}`
