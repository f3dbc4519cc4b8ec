import { readFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { findExecutable } from './find-executable.ts'
import type { HostSearch } from './host-search.ts'

/** Whether this user has subordinate ids, and the programs that map them. @see subuid(5), newuidmap(1) */
export function hasSubordinateIds({ uid, searchPath }: Pick<HostSearch, 'uid' | 'searchPath'>): boolean {
  const helpers = ['newuidmap', 'newgidmap'].every((name) => findExecutable(name, searchPath) !== null)
  return helpers && ['/etc/subuid', '/etc/subgid'].every((file) => listsRange(file, uid))
}

function listsRange(file: string, uid: number): boolean {
  const owners = new Set([String(uid), nameOf(uid)])
  return textOf(file)
    .split('\n')
    .some((line) => owners.has(line.split(':')[0] ?? '') && line.split(':').length === 3)
}

/** The name of this process's user, or its number where it has none. */
function nameOf(uid: number): string {
  try {
    return userInfo().username
  } catch {
    // A uid without an entry in passwd.
    return String(uid)
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    // No such file: nobody has any.
    return ''
  }
}
