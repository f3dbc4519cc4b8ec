import { closeSync, openSync } from 'node:fs'
import { posix } from 'node:path'
import { readMember, tarMembers } from './tar-members.ts'

const CERTIFICATES = 'etc/ssl/certs/ca-certificates.crt'
const MAX_LINKS = 8

/**
 * The CA bundle of a root file system, or null when it has none.
 *
 * @param layers uncompressed tars on this machine, lowest first; the highest that has the path decides
 * @throws TarError when a layer cannot be read as a tar
 */
export function findCertificates(layers: readonly string[]): Uint8Array | null {
  let path = CERTIFICATES
  for (let links = 0; links <= MAX_LINKS; links += 1) {
    const found = findInLayers(layers, path)
    if (found === null || found.kind === 'file') return found?.content ?? null
    path = found.to
  }
  return null
}

type Found = { readonly kind: 'file'; readonly content: Uint8Array } | { readonly kind: 'link'; readonly to: string }

function findInLayers(layers: readonly string[], path: string): Found | null {
  for (const layer of layers.toReversed()) {
    const found = findInLayer(layer, path)
    if (found !== null) return found
  }
  return null
}

function findInLayer(layer: string, path: string): Found | null {
  const descriptor = openSync(layer, 'r')
  try {
    let found: Found | null = null
    for (const member of tarMembers(descriptor)) {
      if (member.path !== path) continue
      if (member.type === 'file') found = { kind: 'file', content: readMember(descriptor, member) }
      else if (member.type === 'symlink') found = { kind: 'link', to: resolveLink(path, member.linkName) }
      else if (member.type === 'hardlink') found = { kind: 'link', to: resolveLink('', member.linkName) }
    }
    return found
  } finally {
    closeSync(descriptor)
  }
}

/** A link's target as a path inside the root, whatever it says. */
function resolveLink(from: string, target: string): string {
  return posix.join('/', posix.isAbsolute(target) ? target : posix.join(posix.dirname(from), target)).slice(1)
}
