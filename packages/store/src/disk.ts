import {
  closeSync,
  constants,
  copyFile,
  fchmodSync,
  fsync,
  futimesSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  symlinkSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { promisify } from 'node:util'

/**
 * The calls by which the store changes its disk. They throw `DiskError`s when made by `createDisk`;
 * tests replace single calls to watch the order and to fail any step.
 */
export interface Disk {
  /** Creates a file that must not exist yet and gives its descriptor. */
  create(path: string, mode: number): number
  /** Opens a file or directory for `sync`. */
  open(path: string): number
  /** Writes some of `bytes` and tells how many. */
  write(descriptor: number, bytes: Uint8Array): number
  setMode(descriptor: number, mode: number): void
  /** Access and modification time, seconds since the Unix epoch. */
  setTimes(descriptor: number, seconds: number): void
  /** As `setTimes`; of a symbolic link itself. */
  setTimesOf(path: string, seconds: number): void
  sync(descriptor: number): Promise<void>
  close(descriptor: number): void
  /** A new file with the same content, by reflink where the file system can. */
  clone(from: string, to: string): Promise<void>
  rename(from: string, to: string): void
  link(existing: string, path: string): void
  symlink(target: string, path: string): void
  unlink(path: string): void
  makeDirectory(path: string, mode: number): void
}

/** A call that the operating system refused. */
export class DiskError extends Error {
  override readonly name = 'DiskError'
  /** `ENOSPC`, `EACCES`, … */
  readonly code: string
  readonly path: string | null

  constructor(code: string, path: string | null, cause: Error) {
    super(cause.message, { cause })
    this.code = code
    this.path = path
  }
}

/** The disk of this machine, with `replaced` calls in place of its own. */
export function createDisk(replaced: Partial<Disk> = {}): Disk {
  const calls: Disk = { ...nodeCalls, ...replaced }
  return {
    create: (path, mode) => onDisk(path, () => calls.create(path, mode)),
    open: (path) => onDisk(path, () => calls.open(path)),
    write: (descriptor, bytes) => onDisk(null, () => calls.write(descriptor, bytes)),
    setMode: (descriptor, mode) => onDisk(null, () => calls.setMode(descriptor, mode)),
    setTimes: (descriptor, seconds) => onDisk(null, () => calls.setTimes(descriptor, seconds)),
    setTimesOf: (path, seconds) => onDisk(path, () => calls.setTimesOf(path, seconds)),
    sync: (descriptor) => whileOnDisk(null, calls.sync(descriptor)),
    close: (descriptor) => onDisk(null, () => calls.close(descriptor)),
    clone: (from, to) => whileOnDisk(to, calls.clone(from, to)),
    rename: (from, to) => onDisk(to, () => calls.rename(from, to)),
    link: (existing, path) => onDisk(path, () => calls.link(existing, path)),
    symlink: (target, path) => onDisk(path, () => calls.symlink(target, path)),
    unlink: (path) => onDisk(path, () => calls.unlink(path)),
    makeDirectory: (path, mode) => onDisk(path, () => calls.makeDirectory(path, mode)),
  }
}

/** Runs a call of node:fs and turns what the operating system refused into a `DiskError`. */
export function onDisk<T>(path: string | null, call: () => T): T {
  try {
    return call()
  } catch (error) {
    throw asDiskError(error, path)
  }
}

/** As `onDisk`, for a call that is under way. */
export async function whileOnDisk<T>(path: string | null, call: Promise<T>): Promise<T> {
  try {
    return await call
  } catch (error) {
    throw asDiskError(error, path)
  }
}

/** The code of a `DiskError`, or null for anything else. */
export function diskCode(error: unknown): string | null {
  return error instanceof DiskError ? error.code : null
}

/** The bytes of a file, or null for whatever the disk refuses: to a cache, that is a miss. */
export function readIfThere(path: string): Buffer | null {
  try {
    return onDisk(path, () => readFileSync(path))
  } catch (error) {
    if (error instanceof DiskError) return null
    throw error
  }
}

function asDiskError(error: unknown, path: string | null): unknown {
  if (!(error instanceof Error) || error instanceof DiskError || !('code' in error) || !('errno' in error)) return error
  return new DiskError(String(error.code), path, error)
}

const nodeCalls: Disk = {
  create: (path, mode) => openSync(path, 'wx', mode),
  open: (path) => openSync(path, 'r'),
  write: (descriptor, bytes) => writeSync(descriptor, bytes),
  setMode: fchmodSync,
  setTimes: (descriptor, seconds) => futimesSync(descriptor, seconds, seconds),
  setTimesOf: (path, seconds) => lutimesSync(path, seconds, seconds),
  sync: promisify(fsync),
  close: closeSync,
  clone: (from, to) => promisify(copyFile)(from, to, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL),
  rename: renameSync,
  link: linkSync,
  symlink: symlinkSync,
  unlink: unlinkSync,
  makeDirectory: (path, mode) => void mkdirSync(path, { recursive: true, mode }),
}
