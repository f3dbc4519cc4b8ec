import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, renameSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Clock, type Digest, digestHex } from '@orchestrate/core'
import { createBreath, DiskError, diskCode, formatLabel, isDead, labelProcess, onDisk, parseLabel, removeTree } from '@orchestrate/store'

/** Where unpacked roots lie: `<identity>/root` and beside it `<identity>/state`; what is made or removed has a name of its own. */
export interface RootsDisk {
  /** Absolute path of a root file system, there or not. */
  rootPath(identity: Digest): string
  statePath(identity: Digest): string
  /** A new empty directory that becomes a root by `keep`; `root` in it is empty too. */
  begin(): { readonly path: string; readonly root: string; readonly state: string }
  /** Puts what was begun into its place; when another process was faster, that one's stays. */
  keep(path: string, identity: Digest): Promise<void>
  /** Removes what was begun. */
  abandon(path: string): Promise<void>
  /** Removes a root; at once out of its place. */
  remove(identity: Digest): Promise<void>
  /** Removes what dead processes have begun or were removing; gives the names. What refuses to go is left to a later sweep. */
  sweep(): Promise<readonly string[]>
}

const BEGUN = '.unpacking.'
const REMOVED = '.removed.'

/** @param directory absolute; made when it is needed with its parent, mode 0700. Methods throw DiskErrors. */
export function createRootsDisk(directory: string, clock: Clock): RootsDisk {
  const own = labelProcess({})
  const breath = createBreath(clock)
  const placeOf = (identity: Digest): string => join(directory, digestHex(identity))
  const temporary = (prefix: string): string => join(directory, `${prefix}${formatLabel(own)}.${randomBytes(6).toString('hex')}`)
  const remove = async (identity: Digest): Promise<void> => {
    const removed = temporary(REMOVED)
    if (rename(placeOf(identity), removed) === 'missing') return
    await removeTree(removed, breath)
  }
  return {
    rootPath: (identity) => join(placeOf(identity), 'root'),
    statePath: (identity) => join(placeOf(identity), 'state'),
    begin: () => {
      const path = temporary(BEGUN)
      const root = join(path, 'root')
      for (const made of [dirname(directory), directory, path, root]) makeDirectory(made)
      return { path, root, state: join(path, 'state') }
    },
    keep: async (path, identity) => {
      if (rename(path, placeOf(identity)) === 'taken') await removeTree(path, breath)
    },
    abandon: (path) => removeTree(path, breath),
    remove,
    sweep: async () => {
      const removed: string[] = []
      for (const name of namesIn(directory)) {
        const prefix = [BEGUN, REMOVED].find((start) => name.startsWith(start))
        const label = prefix === undefined ? null : parseLabel(name.slice(prefix.length))
        if (label === null || !isDead(label, own)) continue
        if (await removeQuietly(() => removeTree(join(directory, name), breath))) removed.push(name)
      }
      return removed
    },
  }
}

/** One at a time: making parents in one call hides why it failed. */
function makeDirectory(path: string): void {
  try {
    onDisk(path, () => mkdirSync(path, { mode: 0o700 }))
  } catch (error) {
    if (diskCode(error) !== 'EEXIST') throw error
  }
}

function rename(from: string, to: string): 'renamed' | 'missing' | 'taken' {
  try {
    onDisk(from, () => renameSync(from, to))
    return 'renamed'
  } catch (error) {
    const code = diskCode(error)
    if (code === 'ENOENT') return 'missing'
    if (code === 'ENOTEMPTY' || code === 'EEXIST') return 'taken'
    throw error
  }
}

function namesIn(directory: string): readonly string[] {
  try {
    return onDisk(directory, () => readdirSync(directory)).toSorted()
  } catch (error) {
    if (diskCode(error) === 'ENOENT') return []
    throw error
  }
}

async function removeQuietly(remove: () => Promise<void>): Promise<boolean> {
  try {
    await remove()
    return true
  } catch (error) {
    if (error instanceof DiskError) return false
    throw error
  }
}
