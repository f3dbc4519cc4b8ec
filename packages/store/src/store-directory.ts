import { randomBytes } from 'node:crypto'
import { lstatSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { canonicalJson, environmentError, type EnvironmentError } from '@orchestrate/core'
import { type Disk, onDisk } from './disk.ts'
import { syncPath, writeDurably } from './durable-file.ts'
import { exactObject, isCount, parseJson } from './strict-json.ts'
import { StoreTrouble } from './storage-error.ts'

const LAYOUT_VERSION = 1
const LAYOUT_FILE = 'layout.json'
const DIRECTORIES = ['blobs', 'logs', 'quarantine', 'records', 'tmp', 'views', 'workspaces'] as const
const SHARDS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/**
 * Makes the store's directory when it is missing or empty, and refuses one that is not ours to use. Gives its real path.
 * `layout.json` is written last: a directory without it is filled again.
 *
 * @throws StoreTrouble (`store/foreign-owner`, `store/mode-too-wide`, `store/newer-layout`, `store/not-a-store`), DiskError.
 */
export async function prepareStoreDirectory(path: string, owner: number, disk: Disk): Promise<string> {
  const absent = onDisk(path, () => statSync(path, { throwIfNoEntry: false })) === undefined
  if (absent) disk.makeDirectory(path, 0o700)
  const root = onDisk(path, () => realpathSync(path))
  checkAccess(root, owner)
  if (!isPrepared(root)) await fill(root, disk)
  return root
}

/** Only the user may read or change what builds are made of. */
function checkAccess(root: string, owner: number): void {
  const stats = onDisk(root, () => statSync(root))
  if (!stats.isDirectory()) throw refusal('store/not-a-store', `"${root}" is not a directory`, ELSEWHERE)
  if (stats.uid !== owner) {
    const message = `the store at "${root}" belongs to user ${stats.uid}, not to user ${owner} who runs this`
    throw refusal('store/foreign-owner', message, `run "chown -R ${owner} ${root}", or ${ELSEWHERE}`)
  }
  const mode = stats.mode & 0o7777
  if ((mode & 0o077) !== 0) {
    const message = `the store at "${root}" has mode ${octal(mode)}, which lets other users in; it must be 0700`
    throw refusal('store/mode-too-wide', message, `run "chmod 700 ${root}", or ${ELSEWHERE}`)
  }
}

const ELSEWHERE = 'set ORCHESTRATE_STORE to a directory of your own'

/** True when the layout is complete and ours; a directory of somebody else's or of a newer version is refused untouched. */
function isPrepared(root: string): boolean {
  const file = join(root, LAYOUT_FILE)
  if (onDisk(file, () => lstatSync(file, { throwIfNoEntry: false })) === undefined) {
    const strange = onDisk(root, () => readdirSync(root)).find((name) => !DIRECTORIES.some((directory) => directory === name))
    if (strange === undefined) return false
    throw refusal(
      'store/not-a-store',
      `"${root}" is not a store: it holds "${strange}"`,
      'set ORCHESTRATE_STORE to an empty or new directory',
    )
  }
  const version = exactObject(parseJson(onDisk(file, () => readFileSync(file, 'utf8'))), ['version'])?.version
  if (!isCount(version))
    throw refusal('store/not-a-store', `"${file}" does not say which layout the store has`, `remove "${root}", or ${ELSEWHERE}`)
  if (version > LAYOUT_VERSION) {
    const message = `the store at "${root}" has layout ${version}; this version of orchestrate knows layouts up to ${LAYOUT_VERSION}`
    throw refusal('store/newer-layout', message, 'use the newer orchestrate that made it, or set ORCHESTRATE_STORE to another directory')
  }
  return DIRECTORIES.every((name) => statSync(join(root, name), { throwIfNoEntry: false }) !== undefined)
}

async function fill(root: string, disk: Disk): Promise<void> {
  for (const name of DIRECTORIES) disk.makeDirectory(join(root, name), 0o700)
  for (const shard of SHARDS) {
    disk.makeDirectory(join(root, 'blobs', 'sha256', shard), 0o700)
    disk.makeDirectory(join(root, 'records', shard), 0o700)
  }
  for (const name of ['blobs/sha256', 'blobs', 'records']) await syncPath(disk, join(root, name))
  const temporary = join(root, 'tmp', `layout-${randomBytes(6).toString('hex')}`)
  await writeDurably(disk, { path: join(root, LAYOUT_FILE), temporary, content: canonicalJson({ version: LAYOUT_VERSION }), mode: 0o600 })
}

function refusal(id: string, message: string, help: string): StoreTrouble {
  const kind: EnvironmentError['kind'] = id === 'store/newer-layout' ? 'integrity' : 'environment'
  return new StoreTrouble(environmentError({ kind, id, message, help }))
}

const octal = (mode: number): string => `0${mode.toString(8)}`
