import { type BigIntStats, chmodSync, closeSync, constants, lstatSync, openSync, readdirSync, readlinkSync, readSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import type { ArchiveEntry, Clock } from '@orchestrate/core'
import { EngineStreamError } from './engine.ts'

/** Something that a builder left in its output directory. */
export interface FoundOutput {
  /** As bytes: a name need not be UTF-8. */
  readonly path: Buffer
  /** Relative to the directory. */
  readonly name: string
  readonly stats: BigIntStats
}

/**
 * Everything in an output directory of this machine that nobody writes to any more, in the order of names; no link is followed.
 * Sockets are left out: they are nothing without their processes. Whatever is found can be read.
 *
 * @param closed what becomes of files and directories that their owner may not read: `open` makes them readable, for they are ours
 * @throws the file system's errors, where not all of it can be read
 */
export function findOutputs(directory: string, closed: 'refuse' | 'open'): readonly FoundOutput[] {
  const found: FoundOutput[] = []
  addBelow(found, Buffer.from(directory), { prefix: '', closed })
  return found
}

function addBelow(found: FoundOutput[], directory: Buffer, below: { readonly prefix: string; readonly closed: 'refuse' | 'open' }): void {
  for (const entry of readdirSync(directory, { encoding: 'buffer' }).toSorted((a, b) => Buffer.compare(a, b))) {
    const path = Buffer.concat([directory, SLASH, entry])
    const name = below.prefix + decode(entry)
    const stats = lstatSync(path, { bigint: true })
    if (stats.isSocket()) continue
    if (below.closed === 'open') openClosed(path, stats)
    else if (stats.isFile()) closeSync(open(path))
    found.push({ path, name, stats })
    if (stats.isDirectory()) addBelow(found, path, { ...below, prefix: `${name}/` })
  }
}

/** The modes that are told stay those that were found. */
function openClosed(path: Buffer, stats: BigIntStats): void {
  const needed = stats.isDirectory() ? 0o500 : stats.isFile() ? 0o400 : 0
  const mode = Number(stats.mode) & 0o777
  if ((mode & needed) !== needed) chmodSync(path, mode | needed)
}

const SLASH = Buffer.from('/')

/** The same as of an archive's names: one that is not UTF-8 gets half of a surrogate pair, which the store rejects. */
function decode(name: Buffer): string {
  return name.toString('utf8').replaceAll('\uFFFD', '\uDCFD')
}

/** How long entries are given without a pause for others, in milliseconds. */
const TURN = 20

/**
 * What was found, as an archive of it would tell it.
 *
 * @throws EngineStreamError when a file cannot be read after all.
 */
export async function* readFoundOutputs(found: readonly FoundOutput[], clock: Clock, signal: AbortSignal): AsyncGenerator<ArchiveEntry> {
  const names = new Map<string, string>()
  let last = clock.monotonic()
  try {
    for (const item of found) {
      signal.throwIfAborted()
      yield toEntry(item, names)
      if (clock.monotonic() - last < TURN) continue
      await setImmediate()
      last = clock.monotonic()
    }
  } catch (cause) {
    throw signal.aborted ? new EngineStreamError("reading the builder's outputs was stopped", { cause }) : broken(cause)
  }
}

function toEntry({ path, name, stats }: FoundOutput, names: Map<string, string>): ArchiveEntry {
  const plain = { path: name, mode: Number(stats.mode & 0o7777n), size: 0, linkName: '', content: NOTHING }
  if (stats.isDirectory()) return { ...plain, type: 'directory' }
  if (stats.isSymbolicLink()) return { ...plain, type: 'symlink', linkName: decode(readlinkSync(path, { encoding: 'buffer' })) }
  if (!stats.isFile()) return { ...plain, type: 'other' }
  const earlier = stats.nlink > 1n ? names.get(`${stats.dev} ${stats.ino}`) : undefined
  if (earlier !== undefined) return { ...plain, type: 'hardlink', linkName: earlier }
  if (stats.nlink > 1n) names.set(`${stats.dev} ${stats.ino}`, name)
  return { ...plain, type: 'file', size: Number(stats.size), content: readFile(path, Number(stats.size)) }
}

const PIECE = 1 << 20

async function* readFile(path: Buffer, size: number): AsyncGenerator<Uint8Array> {
  let descriptor: number | null = null
  try {
    descriptor = open(path)
    for (let left = size; left > 0; ) {
      const piece = Buffer.allocUnsafe(Math.min(PIECE, left))
      const length = readSync(descriptor, piece)
      if (length === 0) return
      left -= length
      yield piece.subarray(0, length)
      if (left > 0) await setImmediate()
    }
  } catch (cause) {
    throw broken(cause)
  } finally {
    if (descriptor !== null) closeSync(descriptor)
  }
}

const open = (path: Buffer): number => openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW)

/** What the disk refuses; anything else stays what it is. */
function broken(cause: unknown): unknown {
  if (!(cause instanceof Error && 'code' in cause)) return cause
  return new EngineStreamError("the builder's outputs could not be read to their end", { cause })
}

const NOTHING: AsyncIterable<Uint8Array> = { [Symbol.asyncIterator]: () => ({ next: async () => ({ done: true, value: undefined }) }) }
