import { err, ok, type Result } from '@orchestrate/core'

/** `process.user` in config.json. */
export interface ContainerUser {
  readonly uid: number
  readonly gid: number
  readonly additionalGids: readonly number[]
}

/** The texts of a root file system's /etc/passwd and /etc/group, empty where it has none. */
export interface UserFiles {
  readonly passwd: string
  readonly group: string
}

/**
 * Who a builder runs as: `uid`, `name`, `uid:gid` or any mix of names and numbers; null is uid 0. As with Docker, a user that is
 * listed brings its group, and its further groups where the builder names none. An error is the name that is not listed.
 *
 * @see passwd(5), group(5)
 */
export function findUser(user: string | null, files: UserFiles): Result<ContainerUser, string> {
  const [name = '', group = ''] = (user ?? '0').split(':')
  const listed = rows(files.passwd).find((row) => row[0] === name || (isNumber(name) && row[2] === name))
  const uid = numberOf(isNumber(name) ? name : listed?.[2])
  if (uid === null) return err(name)
  if (group === '') return ok({ uid, gid: numberOf(listed?.[3]) ?? 0, additionalGids: furtherGroups(listed?.[0], files.group) })
  const gid = numberOf(isNumber(group) ? group : rows(files.group).find((row) => row[0] === group)?.[2])
  return gid === null ? err(group) : ok({ uid, gid, additionalGids: [] })
}

function furtherGroups(name: string | undefined, group: string): readonly number[] {
  if (name === undefined) return []
  return rows(group).flatMap((row) => {
    const gid = numberOf(row[2])
    return gid !== null && (row[3] ?? '').split(',').includes(name) ? [gid] : []
  })
}

function rows(text: string): readonly (readonly string[])[] {
  return text.split('\n').map((line) => line.split(':'))
}

const isNumber = (text: string): boolean => /^\d{1,10}$/.test(text)

function numberOf(text: string | undefined): number | null {
  return text !== undefined && isNumber(text) ? Number(text) : null
}
