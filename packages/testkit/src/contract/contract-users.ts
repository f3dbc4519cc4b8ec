/** The users of the contract's root file system: name, uid and gid in /etc/passwd, and the groups in /etc/group. */
const USERS: Readonly<Record<string, { readonly uid: number; readonly gid: number }>> = {
  root: { uid: 0, gid: 0 },
  builder: { uid: 1000, gid: 1000 },
}
const GROUPS: Readonly<Record<string, number>> = { root: 0, builder: 1000 }

/**
 * As engines resolve a builder's user: `uid`, `uid:gid`, names for either. Without a group, the one in /etc/passwd, else 0.
 * @throws RangeError for a name that the root file system does not have.
 */
export function resolveUser(user: string | null): { readonly uid: number; readonly gid: number } {
  const [name = '0', group = ''] = (user ?? '0').split(':')
  const known = USERS[name] ?? Object.values(USERS).find(({ uid }) => String(uid) === name)
  const uid = known?.uid ?? parseId(name)
  const gid = group === '' ? (known?.gid ?? 0) : (GROUPS[group] ?? parseId(group))
  return { uid, gid }
}

/** The part of a user that is neither a number nor a name of the root file system, or null. */
export function unknownUser(user: string | null): string | null {
  const [name = '0', group = '0'] = (user ?? '0').split(':')
  if (!isId(name) && USERS[name] === undefined) return name
  return isId(group) || GROUPS[group] !== undefined ? null : group
}

function isId(text: string): boolean {
  return /^[0-9]+$/.test(text)
}

function parseId(text: string): number {
  if (isId(text)) return Number(text)
  throw new RangeError(`no user or group "${text}"`)
}
