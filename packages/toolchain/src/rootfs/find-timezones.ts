import { closeSync, openSync } from 'node:fs'
import { posix } from 'node:path'
import { readMember, type TarMember, tarMembers } from './tar-members.ts'

const DIRECTORY = 'usr/share/zoneinfo'
const WHITEOUT = '.wh.'
const OPAQUE = '.wh..wh..opq'

/** What lies in /usr/share/zoneinfo: paths relative to it. */
export type TimezoneMember =
  | { readonly type: 'file'; readonly content: Uint8Array }
  | { readonly type: 'directory' }
  | { readonly type: 'symlink'; readonly target: string }

/**
 * The time zones of a root file system by path; null when it has none. Links that lead out of the directory are left out.
 *
 * @param layers uncompressed tars on this machine, lowest first
 * @throws TarError when a layer cannot be read as a tar
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/layer.md#whiteouts
 */
export function findTimezones(layers: readonly string[]): ReadonlyMap<string, TimezoneMember> | null {
  const zones = new Map<string, TimezoneMember>()
  for (const layer of layers) addLayer(zones, layer)
  const kept = [...zones].filter(([path, member]) => member.type !== 'symlink' || staysInside(path, member.target))
  return kept.some(([, member]) => member.type === 'file') ? new Map(kept) : null
}

function addLayer(zones: Map<string, TimezoneMember>, layer: string): void {
  const descriptor = openSync(layer, 'r')
  try {
    const members = [...tarMembers(descriptor)]
    for (const { path } of members) applyWhiteout(zones, path)
    for (const member of members) {
      const path = withinDirectory(member.path)
      if (path === null || path === '' || posix.basename(path).startsWith(WHITEOUT)) continue
      const read = readTimezone(zones, member, descriptor)
      if (read?.type !== 'directory') removeTree(zones, path)
      if (read !== null) zones.set(path, read)
    }
  } finally {
    closeSync(descriptor)
  }
}

/** A whiteout removes what lower layers have, wherever it stands in its own. */
function applyWhiteout(zones: Map<string, TimezoneMember>, path: string): void {
  const name = posix.basename(path)
  if (!name.startsWith(WHITEOUT)) return
  const parent = posix.dirname(path)
  const removed = name === OPAQUE ? parent : posix.join(parent, name.slice(WHITEOUT.length))
  const within = withinDirectory(removed)
  if (within !== null) removeTree(zones, within)
  else if (`${DIRECTORY}/`.startsWith(`${removed}/`) || removed === '.') zones.clear()
}

function removeTree(zones: Map<string, TimezoneMember>, path: string): void {
  for (const known of zones.keys()) if (path === '' || known === path || known.startsWith(`${path}/`)) zones.delete(known)
}

function readTimezone(zones: ReadonlyMap<string, TimezoneMember>, member: TarMember, descriptor: number): TimezoneMember | null {
  switch (member.type) {
    case 'file':
      return { type: 'file', content: readMember(descriptor, member) }
    case 'directory':
      return { type: 'directory' }
    case 'symlink':
      return { type: 'symlink', target: member.linkName }
    case 'hardlink':
      return zones.get(withinDirectory(posix.normalize(member.linkName).replace(/^\/+/, '')) ?? '') ?? null
    case 'other':
      return null
    default:
      return member.type satisfies never
  }
}

/** `path` relative to the directory, empty for itself, null for what lies elsewhere. */
function withinDirectory(path: string): string | null {
  if (path === DIRECTORY) return ''
  return path.startsWith(`${DIRECTORY}/`) ? path.slice(DIRECTORY.length + 1) : null
}

function staysInside(path: string, target: string): boolean {
  const resolved = posix.join(posix.dirname(path), target)
  return !posix.isAbsolute(target) && resolved !== '..' && !resolved.startsWith('../')
}
