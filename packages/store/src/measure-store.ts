import { lstatSync, readdirSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import { compareCodeUnits } from '@orchestrate/core'

/** What a part of a store takes up. */
export interface StorePart {
  /** A directory of the store: `blobs`, `views`, …, `embedded/roots`. */
  readonly name: string
  /** Everything but directories. */
  readonly files: number
  /** Of the disk, directories included; a file with several names counts for the first part that has it. */
  readonly bytes: number
}

/** Blobs before what links to them; the rest by name. */
const FIRST = ['blobs']
/** Directories whose own directories are parts. */
const DIVIDED = ['embedded']
/** Entries that are looked at before others have their turn. */
const ENTRIES_A_TURN = 1000

/**
 * Looks at every file of a store, without opening it: other processes may work in it meanwhile, and what vanishes is not counted.
 *
 * @param root absolute
 * @throws the reason of `signal` when it aborts
 */
export async function measureStore(root: string, signal: AbortSignal): Promise<readonly StorePart[]> {
  const linked = new Set<number>()
  const parts: StorePart[] = []
  for (const name of partsOf(root)) parts.push({ name, ...(await measureTree(`${root}/${name}`, linked, signal)) })
  return parts.filter(({ files }) => files > 0)
}

function partsOf(root: string): readonly string[] {
  const names = entriesOf(root).flatMap((name) => {
    const below = DIVIDED.includes(name) ? entriesOf(`${root}/${name}`) : []
    return below.length === 0 ? name : below.map((inner) => `${name}/${inner}`)
  })
  return [...FIRST.filter((name) => names.includes(name)), ...names.filter((name) => !FIRST.includes(name)).toSorted(compareCodeUnits)]
}

type Usage = Omit<StorePart, 'name'>

/** Names are bytes, and kept as one character each: what toolchains hold need not be UTF-8. */
async function measureTree(top: string, linked: Set<number>, signal: AbortSignal): Promise<Usage> {
  let files = 0
  let bytes = 0
  let seen = 0
  const waiting = [Buffer.from(top).toString('latin1')]
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const place = Buffer.from(path, 'latin1')
    const stats = ifThere(() => lstatSync(place))
    if (stats === null) continue
    if (stats.isDirectory()) waiting.push(...entriesOf(place).map((name) => `${path}/${name}`))
    else files += 1
    if (stats.nlink === 1 || stats.isDirectory() || !linked.has(stats.ino)) bytes += stats.blocks * BLOCK
    if (stats.nlink > 1) linked.add(stats.ino)
    seen += 1
    if (seen % ENTRIES_A_TURN === 0) await setImmediate(undefined, { signal })
  }
  return { files, bytes }
}

/** @see inode(7), st_blocks */
const BLOCK = 512

const entriesOf = (directory: string | Buffer): readonly string[] => ifThere(() => readdirSync(directory, { encoding: 'latin1' })) ?? []

/** Runs end, and caches belong to builders of other ids. */
function ifThere<T>(look: () => T): T | null {
  try {
    return look()
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EACCES') return null
    throw error
  }
}
