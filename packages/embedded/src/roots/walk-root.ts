import { type BigIntStats, lstatSync, readdirSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import { createDigester, type Digest } from '@orchestrate/core'
import { onDisk } from '@orchestrate/store'

/** Entries that are looked at before others have their turn: some 5 ms. */
const ENTRIES_A_TURN = 1000

const SLASH = Buffer.from('/')

/**
 * What `findRoot` says, where there is no GNU find: one digest over a directory and everything below it.
 *
 * @param root absolute
 * @throws DiskError
 */
export async function walkRoot(root: string): Promise<Digest> {
  const digester = createDigester()
  digester.update(Buffer.from('orchestrate/root-state walk 1\0'))
  const waiting: Buffer[] = [Buffer.from(root)]
  let seen = 0
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const stats = onDisk(root, () => lstatSync(path, { bigint: true }))
    digester.update(Buffer.from(`${describe(stats)} `))
    digester.update(path.subarray(root.length))
    digester.update(Buffer.of(0))
    if (stats.isDirectory()) waiting.push(...entriesOf(root, path))
    seen += 1
    if (seen % ENTRIES_A_TURN === 0) await setImmediate()
  }
  return digester.digest()
}

function describe({ mode, uid, gid, size, mtimeNs, ctimeNs, ino }: BigIntStats): string {
  return [mode, uid, gid, size, mtimeNs, ctimeNs, ino].join(' ')
}

/** Names are bytes: what is no UTF-8 is looked at as well. */
function entriesOf(root: string, directory: Buffer): readonly Buffer[] {
  const names = onDisk(root, () => readdirSync(directory, { encoding: 'buffer' }))
  return names.toSorted((a, b) => a.compare(b)).map((name) => Buffer.concat([directory, SLASH, name]))
}
