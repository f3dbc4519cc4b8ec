import { chmodSync, lstatSync, type Stats } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { basename, join } from 'node:path'
import type { Digest } from '@orchestrate/core'
import { BLOB_MODES, blobPath, blobTime, otherVariant, type Variant } from './blob-layout.ts'
import type { Breath } from './breath.ts'
import { type Disk, DiskError, onDisk } from './disk.ts'
import { digestFile } from './digest-file.ts'
import { moveInto } from './durable-file.ts'
import type { RunDirectory } from './run-directory.ts'
import type { VerificationCache } from './verification-cache.ts'

/** Where the blob files stand, and which of them can be trusted. */
export interface BlobShelf {
  path(digest: Digest, variant: Variant): string
  /** One `lstat`: `intact` when the file is unchanged since it was last read, `unverified` when only reading can tell. */
  inspect(digest: Digest, variant: Variant): Seen
  /** As `inspect`, but reads what is unverified; a damaged file is moved to `quarantine/`. An unreadable one stays and counts as missing. */
  confirm(digest: Digest, variant: Variant): Promise<Confirmed>
  /** As `confirm`, but reads the file whatever is known of it: disks lose bits without telling. */
  reread(digest: Digest, variant: Variant): Promise<Confirmed>
  /** The first intact variant, or why there is none. */
  find(digest: Digest): Promise<Variant | 'missing' | 'damaged'>
  /** Moves a complete file with its final mode and times to its place, over whatever stands there. */
  admit(temporary: string, content: { readonly digest: Digest; readonly variant: Variant; readonly durable: boolean }): void
  /** After a link to an intact file was made or the file was synced: trusts it with its new ctime, if nothing else about it changed. */
  renew(digest: Digest, variant: Variant, before: Stats, durable?: 'durable'): void
}

export type Seen = { readonly kind: 'missing' } | { readonly kind: 'unverified' | 'intact'; readonly stats: Stats }

export type Confirmed = 'intact' | 'missing' | 'damaged'

/** What everything that handles blob files shares. */
export interface ShelfDeps {
  readonly root: string
  readonly disk: Disk
  readonly cache: VerificationCache
  readonly run: RunDirectory
  readonly breath: Breath
}

export function createBlobShelf(deps: ShelfDeps): BlobShelf {
  const path = (digest: Digest, variant: Variant): string => blobPath(deps.root, digest, variant)
  const inspect = (digest: Digest, variant: Variant): Seen => {
    const stats = onDisk(path(digest, variant), () => lstatSync(path(digest, variant), { throwIfNoEntry: false }))
    if (stats === undefined) return { kind: 'missing' }
    return { kind: isAsAdmitted(stats, digest, variant) && deps.cache.knows(digest, variant, stats) ? 'intact' : 'unverified', stats }
  }
  const confirm = async (digest: Digest, variant: Variant): Promise<Confirmed> => {
    const seen = inspect(digest, variant)
    return seen.kind === 'unverified' ? examine(deps, { digest, variant, stats: seen.stats }) : seen.kind
  }
  return {
    path,
    inspect,
    confirm,
    reread: async (digest, variant) => {
      const seen = inspect(digest, variant)
      return seen.kind === 'missing' ? 'missing' : examine(deps, { digest, variant, stats: seen.stats })
    },
    find: async (digest) => {
      const plain = await confirm(digest, 'plain')
      if (plain === 'intact') return 'plain'
      const twin = await confirm(digest, otherVariant('plain'))
      if (twin === 'intact') return 'executable'
      return plain === 'damaged' || twin === 'damaged' ? 'damaged' : 'missing'
    },
    admit: (temporary, { digest, variant, durable }) => {
      const to = path(digest, variant)
      moveInto(deps.disk, temporary, to)
      deps.cache.note(
        digest,
        variant,
        onDisk(to, () => lstatSync(to)),
        durable,
      )
    },
    renew: (digest, variant, before, durable) => {
      const after = inspect(digest, variant)
      if (after.kind === 'missing' || !isAsAdmitted(after.stats, digest, variant)) return
      if (after.stats.ino !== before.ino || after.stats.size !== before.size) return
      deps.cache.note(digest, variant, after.stats, durable !== undefined || deps.cache.isDurable(digest, variant))
    },
  }
}

/** True when mode and mtime are those that every blob of this digest gets. */
export function isAsAdmitted(stats: Stats, digest: Digest, variant: Variant): boolean {
  return stats.isFile() && (stats.mode & 0o7777) === BLOB_MODES[variant] && stats.mtimeMs === blobTime(digest) * 1000
}

async function examine(
  deps: ShelfDeps,
  file: { readonly digest: Digest; readonly variant: Variant; readonly stats: Stats },
): Promise<Confirmed> {
  const { digest, variant, stats } = file
  const path = blobPath(deps.root, digest, variant)
  if (deps.breath.due()) await deps.breath.take()
  try {
    if (!stats.isFile()) return setAside(deps, path)
    if ((stats.mode & 0o7777) !== BLOB_MODES[variant]) onDisk(path, () => chmodSync(path, BLOB_MODES[variant]))
    if ((await digestFile(path, stats.size)) !== digest) return setAside(deps, path)
    if (stats.mtimeMs !== blobTime(digest) * 1000) deps.disk.setTimesOf(path, blobTime(digest))
    deps.cache.note(
      digest,
      variant,
      onDisk(path, () => lstatSync(path)),
      false,
    )
    return 'intact'
  } catch (error) {
    // A disk that refuses now may answer later: a miss, and nothing is thrown away.
    if (error instanceof DiskError) return 'missing'
    throw error
  }
}

function setAside(deps: ShelfDeps, path: string): 'damaged' {
  moveInto(deps.disk, path, join(deps.root, 'quarantine', `${basename(path)}-${randomBytes(6).toString('hex')}`))
  return 'damaged'
}
