import { lstatSync, readlinkSync, type Stats } from 'node:fs'
import { copyOntoShelf } from './blob-copier.ts'
import { BLOB_MODES, STORE_EPOCH, type Variant, variantOf } from './blob-layout.ts'
import { type BlobShelf, isAsAdmitted, type ShelfDeps } from './blob-shelf.ts'
import { blobFile } from './blobs.ts'
import { digestFile } from './digest-file.ts'
import { DiskError, diskCode, onDisk } from './disk.ts'
import type { TreeEntry } from './tree.ts'
import type { ViewPlan } from './view-plan.ts'

type FileEntry = Extract<TreeEntry, { readonly type: 'file' }>

const DIRECTORY_MODE = 0o755

/**
 * Makes the directory `root` and everything that `plan` has in it.
 *
 * @throws StoreTrouble when a blob is missing or damaged, DiskError.
 */
export async function layOutFiles(
  deps: ShelfDeps,
  shelf: BlobShelf,
  { root, plan }: { readonly root: string; readonly plan: ViewPlan },
): Promise<void> {
  const { disk } = deps
  const directories = [root, ...plan.directories.map((path) => `${root}/${path}`)]
  for (const path of directories) makeDirectory(deps, path)
  for (const file of plan.files) {
    if (deps.breath.due()) await deps.breath.take()
    await linkBlob(deps, shelf, file, `${root}/${file.path}`)
  }
  for (const link of plan.links) {
    disk.symlink(link.target, `${root}/${link.path}`)
    disk.setTimesOf(`${root}/${link.path}`, STORE_EPOCH)
  }
  for (const path of plan.mountFiles) makeMountFile(deps, `${root}/${path}`)
  // Last, when no more names come in.
  for (const path of directories) disk.setTimesOf(path, STORE_EPOCH)
}

/**
 * True when the directory `root` still holds what `plan` says and nothing else: an added, removed or replaced name shows in a
 * directory's mtime, which is a constant; a changed file is no longer the inode that was found intact. One `lstat` for each member.
 * A file whose ctime moved (somebody linked the same blob) is looked into before it is called damaged, because builders may be using the view.
 */
export async function isLaidOut(
  deps: ShelfDeps,
  shelf: BlobShelf,
  { root, plan }: { readonly root: string; readonly plan: ViewPlan },
): Promise<boolean> {
  if (!isUntouched(root) || !plan.directories.every((path) => isUntouched(`${root}/${path}`))) return false
  if (!plan.links.every((link) => linkTarget(`${root}/${link.path}`) === link.target)) return false
  if (!plan.mountFiles.every((path) => lstat(`${root}/${path}`)?.size === 0)) return false
  for (const file of plan.files) {
    if (deps.breath.due()) await deps.breath.take()
    if (!(await isLinked(deps, shelf, file, `${root}/${file.path}`))) return false
  }
  return true
}

/** True for a directory in which no name was added, removed or replaced since it was laid out. */
function isUntouched(path: string): boolean {
  const stats = lstat(path)
  return stats?.isDirectory() === true && stats.mtimeMs === STORE_EPOCH * 1000 && (stats.mode & 0o7777) === DIRECTORY_MODE
}

/** True when the file at `path` has the content and the mode of a tree's file. */
export async function isLinked(deps: ShelfDeps, shelf: BlobShelf, file: FileEntry, path: string): Promise<boolean> {
  const variant = variantOf(file.executable)
  const stats = lstat(path)
  if (stats === undefined || !isAsAdmitted(stats, file.digest, variant)) return false
  if (deps.cache.knows(file.digest, variant, stats)) return true
  await shelf.confirm(file.digest, variant)
  if (deps.cache.knows(file.digest, variant, stats)) return true
  // An inode of its own: its blob was replaced, or had as many links as the file system allows.
  return (await digestFile(path, stats.size)) === file.digest
}

/**
 * Makes `path` a hard link of a blob. Where the file system allows no further link to it, a fresh copy takes the blob's place and is linked.
 *
 * @throws StoreTrouble when the blob is missing or damaged, DiskError.
 */
export async function linkBlob(deps: ShelfDeps, shelf: BlobShelf, file: FileEntry, path: string): Promise<void> {
  const variant = variantOf(file.executable)
  const wanted = { digest: file.digest, variant }
  const seen = shelf.inspect(file.digest, variant)
  const blob = seen.kind === 'intact' ? shelf.path(file.digest, variant) : await blobFile(deps, shelf, wanted)
  const before = seen.kind === 'intact' ? seen.stats : onDisk(blob, () => lstatSync(blob))
  try {
    deps.disk.link(blob, path)
    shelf.renew(file.digest, variant, before)
  } catch (error) {
    if (diskCode(error) !== 'EMLINK') throw error
    await replaceInode(deps, shelf, { ...wanted, path })
  }
}

async function replaceInode(
  deps: ShelfDeps,
  shelf: BlobShelf,
  wanted: { readonly digest: FileEntry['digest']; readonly variant: Variant; readonly path: string },
): Promise<void> {
  const { digest, variant, path } = wanted
  const blob = shelf.path(digest, variant)
  await copyOntoShelf(deps, shelf, { from: blob, digest, variant })
  const fresh = onDisk(blob, () => lstatSync(blob))
  deps.disk.link(blob, path)
  shelf.renew(digest, variant, fresh)
}

function makeDirectory(deps: ShelfDeps, path: string): void {
  deps.disk.makeDirectory(path, DIRECTORY_MODE)
  const descriptor = deps.disk.open(path)
  try {
    // The umask of the user may have taken bits that builders need.
    deps.disk.setMode(descriptor, DIRECTORY_MODE)
  } finally {
    deps.disk.close(descriptor)
  }
}

function makeMountFile(deps: ShelfDeps, path: string): void {
  const descriptor = deps.disk.create(path, BLOB_MODES.plain)
  try {
    deps.disk.setMode(descriptor, BLOB_MODES.plain)
    deps.disk.setTimes(descriptor, STORE_EPOCH)
  } finally {
    deps.disk.close(descriptor)
  }
}

function lstat(path: string): Stats | undefined {
  return onDisk(path, () => lstatSync(path, { throwIfNoEntry: false }))
}

function linkTarget(path: string): string | null {
  try {
    return onDisk(path, () => readlinkSync(path))
  } catch (error) {
    if (error instanceof DiskError) return null
    throw error
  }
}
