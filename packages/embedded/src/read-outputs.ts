import { type BigIntStats, chmodSync, closeSync, constants, lstatSync, openSync, readdirSync, readlinkSync, readSync } from 'node:fs'
import type { ArchiveEntry } from '@orchestrate/core'
import { EngineStreamError } from '@orchestrate/execute'
import type { Breath } from '@orchestrate/store'

const CHUNK = 1 << 18

/**
 * What lies in a directory that a builder has filled, entry by entry, in the order of their names' bytes. No link is followed; a
 * file that its owner closed to himself is opened first, because it is ours. A name that is not UTF-8 comes with half of a surrogate pair in it,
 * which no tree can hold.
 *
 * @throws EngineStreamError when something cannot be read.
 */
export async function* readOutputs(directory: string, breath: Breath, signal: AbortSignal): AsyncGenerator<ArchiveEntry> {
  try {
    yield* new OutputReader(breath, signal).below(Buffer.from(directory), '')
  } catch (cause) {
    if (signal.aborted) throw new EngineStreamError("reading the builder's outputs was stopped", { cause })
    if (cause instanceof EngineStreamError || !(cause instanceof Error && 'code' in cause)) throw cause
    throw new EngineStreamError("the builder's outputs cannot be read", { cause })
  }
}

class OutputReader {
  readonly #breath: Breath
  readonly #signal: AbortSignal
  /** First name of every file with several, by device and inode. */
  readonly #linked = new Map<string, string>()

  constructor(breath: Breath, signal: AbortSignal) {
    this.#breath = breath
    this.#signal = signal
  }

  async *below(directory: Buffer, prefix: string): AsyncGenerator<ArchiveEntry> {
    for (const name of namesIn(directory)) {
      this.#signal.throwIfAborted()
      if (this.#breath.due()) await this.#breath.take()
      const path = Buffer.concat([directory, SLASH, name])
      const stats = lstatSync(path, { bigint: true })
      // Nothing without the process that listened on it.
      if (stats.isSocket()) continue
      const inner = prefix + decodeName(name)
      yield this.#entryOf(path, inner, stats)
      if (stats.isDirectory()) yield* this.below(path, `${inner}/`)
    }
  }

  #entryOf(path: Buffer, inner: string, stats: BigIntStats): ArchiveEntry {
    const mode = Number(stats.mode) & 0o777
    const plain = { path: inner, mode, size: 0, linkName: '', content: nothing() }
    if (stats.isDirectory()) return { ...plain, type: 'directory' }
    if (stats.isSymbolicLink()) return { ...plain, type: 'symlink', linkName: decodeName(readlinkSync(path, { encoding: 'buffer' })) }
    if (!stats.isFile()) return { ...plain, type: 'other' }
    const first = stats.nlink > 1n ? this.#firstName(`${stats.dev}:${stats.ino}`, inner) : null
    if (first !== null) return { ...plain, type: 'hardlink', linkName: first }
    return { ...plain, type: 'file', size: Number(stats.size), content: contentOf(path, mode, Number(stats.size)) }
  }

  /** Null for the first. */
  #firstName(file: string, name: string): string | null {
    const first = this.#linked.get(file) ?? null
    if (first === null) this.#linked.set(file, name)
    return first
  }
}

const SLASH = Buffer.from('/')

function namesIn(directory: Buffer): readonly Buffer[] {
  const stats = lstatSync(directory)
  if ((stats.mode & 0o500) !== 0o500) chmodSync(directory, stats.mode | 0o700)
  return readdirSync(directory, { encoding: 'buffer' }).toSorted((a, b) => Buffer.compare(a, b))
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function decodeName(name: Buffer): string {
  try {
    return decoder.decode(name)
  } catch {
    return name.toString('utf8').replaceAll('\uFFFD', '\uDCFD')
  }
}

async function* contentOf(path: Buffer, mode: number, size: number): AsyncGenerator<Uint8Array> {
  if ((mode & 0o400) === 0) chmodSync(path, mode | 0o400)
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW)
  try {
    for (let left = size; left > 0; ) {
      const chunk = Buffer.allocUnsafe(Math.min(CHUNK, left))
      const count = readSync(descriptor, chunk)
      if (count === 0) throw new EngineStreamError("one of the builder's outputs is shorter than it was")
      left -= count
      yield chunk.subarray(0, count)
    }
  } finally {
    closeSync(descriptor)
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {
  // Only files have content.
}
