import { lstatSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import { createDigester, type Digest, parseDigest } from '@orchestrate/core'
import { DiskError, onDisk } from '@orchestrate/store'
import { type BinaryText, fromHostPath, toHostPath } from './binary-text.ts'

/** What a root file system looked like when it was unpacked; kept beside it. */
export interface RootState {
  /** As `measureRoot` gave it. */
  readonly digest: Digest
  /** Everything below the root. */
  readonly paths: readonly BinaryText[]
}

/** Entries that are looked at before others have their turn: some 4 ms. */
const ENTRIES_A_TURN = 1000

const NUMBERS_AN_ENTRY = 7

/**
 * One digest over type, mode, size, mtime, ctime, inode and owner of everything that `paths` name and of the root itself; null
 * when something of it is not there. Nobody can change, add, remove or replace anything without changing it: the kernel
 * sets ctime, and a directory's with its entries. Contents are not read.
 *
 * @param root absolute
 */
export async function measureRoot(root: string, paths: readonly BinaryText[]): Promise<Digest | null> {
  const numbers = new Float64Array((paths.length + 1) * NUMBERS_AN_ENTRY)
  const hostPaths = hostPathsOf(root, paths)
  for (let from = 0; from < hostPaths.length; from += ENTRIES_A_TURN) {
    if (from > 0) await setImmediate()
    const turn = hostPaths.slice(from, from + ENTRIES_A_TURN)
    if (!onDisk(root, () => lookAt(turn, numbers.subarray(from * NUMBERS_AN_ENTRY)))) return null
  }
  const digester = createDigester()
  digester.update(Buffer.from(`orchestrate/root-state 1\0${paths.join('\0')}\0`, 'latin1'))
  digester.update(new Uint8Array(numbers.buffer))
  return digester.digest()
}

/** The root and everything below it. */
function hostPathsOf(root: string, paths: readonly BinaryText[]): readonly (string | Buffer)[] {
  const base = fromHostPath(root)
  return [root, ...paths.map((path) => toHostPath(`${base}/${path}`))]
}

/** Fills in what the disk says of each path; false when one is not there. The loop is hot: nothing is made in it. */
function lookAt(paths: readonly (string | Buffer)[], numbers: Float64Array): boolean {
  let at = 0
  for (const path of paths) {
    const stats = lstatSync(path, IF_THERE)
    if (stats === undefined) return false
    numbers[at] = stats.mode
    numbers[at + 1] = stats.size
    numbers[at + 2] = stats.mtimeMs
    numbers[at + 3] = stats.ctimeMs
    numbers[at + 4] = stats.ino
    numbers[at + 5] = stats.uid
    numbers[at + 6] = stats.gid
    at += NUMBERS_AN_ENTRY
  }
  return true
}

const IF_THERE = { throwIfNoEntry: false } as const

/** True when everything is as `state` says. What the disk refuses to show is not as it was. */
export async function matchesState(root: string, state: RootState): Promise<boolean> {
  try {
    return (await measureRoot(root, state.paths)) === state.digest
  } catch (error) {
    if (error instanceof DiskError) return false
    throw error
  }
}

/** Written as a whole. @throws DiskError */
export function writeState(file: string, state: RootState): void {
  const temporary = `${file}.new`
  onDisk(file, () => {
    writeFileSync(temporary, Buffer.from(`${state.digest}\0${state.paths.join('\0')}`, 'latin1'), { mode: 0o600 })
    renameSync(temporary, file)
  })
}

/** Null for a state that is missing or cannot be understood: the root is unpacked again. */
export function readState(file: string): RootState | null {
  try {
    const [digest, ...paths] = onDisk(file, () => readFileSync(file, 'latin1')).split('\0')
    const parsed = parseDigest(digest ?? '')
    return parsed === null ? null : { digest: parsed, paths }
  } catch (error) {
    if (error instanceof DiskError) return null
    throw error
  }
}
