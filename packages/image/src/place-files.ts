import { err, type Failure, failure, ok, type Result } from '@orchestrate/core'
import type { EmissionFile, EmissionRequest } from '@orchestrate/execute'
import { escapeName, type TreeEntry } from '@orchestrate/store'
import type { BaseListing } from './base-listing.ts'
import { resolveInBase } from './base-paths.ts'
import type { LayerEntry } from './layer-entries.ts'
import { findLeavingLink } from './link-check.ts'
import { sortByPath } from './tar-writer.ts'

/** Where caCertificates go. */
export const CERTIFICATES_PATH = '/etc/ssl/certs/ca-certificates.crt'
const TIMEZONES_PATH = '/usr/share/zoneinfo'

/** A layer of the image's own: one of `image.layers`, or the last one, which has no name. */
export interface OwnLayer {
  readonly name: string | null
  readonly entries: readonly LayerEntry[]
}

/**
 * Decides what stands where in the image's own layers: every file at its path, links of the base followed, each parent once a layer
 * with the base's attributes (0755 0:0 where the base has none). Lowest layer first, none empty; sorted by the bytes of the path.
 * Failures: `image/link-leaves-artifact`, `image/path-collision`, `image/whiteout-name`.
 */
export function placeFiles(
  request: Pick<EmissionRequest, 'image' | 'files' | 'certificates' | 'timezones'>,
  base: BaseListing,
): Result<readonly OwnLayer[], Failure> {
  const placement = new Placement(request.image.service, base)
  const sources = request.files.map((file, index) => ({ ...file, origin: `image.files[${index}] ("${file.name}" to "${file.to}")` }))
  for (const source of [...sources, ...certificateSource(request.certificates), ...timezoneSource(request.timezones)]) {
    const trouble = placement.add(source)
    if (trouble !== null) return err(trouble)
  }
  const layers = [...request.image.layers, null].map((name) => ({ name, entries: sortByPath(placement.entries(name), ({ path }) => path) }))
  return ok(layers.filter(({ entries }) => entries.length > 0))
}

interface Source extends EmissionFile {
  /** For messages. */
  readonly origin: string
}

function certificateSource(certificates: EmissionRequest['certificates']): Source[] {
  if (certificates === null) return []
  const file: TreeEntry = { type: 'file', path: '', digest: certificates.digest, size: certificates.size, executable: false }
  const common = { mode: null, owner: null, layer: null }
  return [{ to: CERTIFICATES_PATH, name: 'ca-certificates.crt', ...common, entries: [file], origin: 'image.caCertificates' }]
}

function timezoneSource(entries: EmissionRequest['timezones']): Source[] {
  if (entries === null) return []
  return [{ to: TIMEZONES_PATH, name: 'zoneinfo', mode: null, owner: null, layer: null, entries, origin: 'image.timezones' }]
}

interface Placed {
  readonly entry: LayerEntry
  /** True for a directory that is only there because something lies in it. */
  readonly implied: boolean
  readonly layer: string | null
  readonly origin: string
}

class Placement {
  readonly #service: string
  readonly #base: BaseListing
  readonly #placed = new Map<string, Placed>()
  readonly #resolvedParents = new Map<string, string>()

  constructor(service: string, base: BaseListing) {
    this.#service = service
    this.#base = base
  }

  /** What one layer holds, with every directory above it. */
  entries(layer: string | null): Iterable<LayerEntry> {
    const held = new Map<string, LayerEntry>()
    const hold = (path: string): void => {
      const placed = this.#placed.get(path)
      if (placed === undefined || held.has(path)) return
      held.set(path, placed.entry)
      const slash = path.lastIndexOf('/')
      if (slash > 0) hold(path.slice(0, slash))
    }
    for (const [path, placed] of this.#placed) if (!placed.implied && placed.layer === layer) hold(path)
    return held.values()
  }

  add(source: Source): Failure | null {
    const link = findLeavingLink(source.entries)
    if (link !== null) return this.#linkLeaves(source, link)
    const single = source.entries.length === 1 && source.entries[0]?.path === '' && source.entries[0].type !== 'directory'
    const root = normalise(single && source.to.endsWith('/') ? source.to + source.name : source.to)
    if (!single) {
      const trouble = this.#put(source, root, { type: 'directory', path: '' })
      if (trouble !== null) return trouble
    }
    for (const entry of withDirectories(source.entries)) {
      const trouble = this.#put(source, [root, entry.path].filter((part) => part !== '').join('/'), entry)
      if (trouble !== null) return trouble
    }
    return null
  }

  #put(source: Source, wanted: string, entry: TreeEntry): Failure | null {
    if (wanted === '') return entry.type === 'directory' ? null : this.#collides('/', 'the root directory', source.origin)
    if (wanted.split('/').some((segment) => segment.startsWith('.wh.'))) return this.#isWhiteout(source, wanted)
    const path = this.#resolve(wanted, entry.type)
    const trouble = this.#putParents(path, source)
    if (trouble !== null) return trouble
    return this.#claim(this.#layerEntry(source, path, entry), source)
  }

  #layerEntry(source: Source, path: string, entry: TreeEntry): LayerEntry {
    const owner = source.owner ?? { uid: 0, gid: 0 }
    if (entry.type === 'directory') return { type: 'directory', path, mode: 0o755, ...owner, ...this.#base.directories.get(path) }
    if (entry.type === 'symlink') return { type: 'symlink', path, target: entry.target, ...owner }
    const mode = source.mode ?? (entry.executable ? 0o755 : 0o644)
    return { type: 'file', path, mode, size: entry.size, digest: entry.digest, ...owner }
  }

  #resolve(wanted: string, type: TreeEntry['type']): string {
    if (type === 'directory') return resolveInBase(wanted, 'follow', this.#base)
    const slash = wanted.lastIndexOf('/')
    if (slash < 0) return wanted
    const parent = wanted.slice(0, slash)
    const resolved = this.#resolvedParents.get(parent) ?? resolveInBase(parent, 'follow', this.#base)
    this.#resolvedParents.set(parent, resolved)
    return resolved === '' ? wanted.slice(slash + 1) : resolved + wanted.slice(slash)
  }

  #putParents(path: string, source: Source): Failure | null {
    const slash = path.lastIndexOf('/')
    if (slash < 0) return null
    const parent = path.slice(0, slash)
    if (this.#placed.get(parent)?.entry.type === 'directory') return null
    const attributes = this.#base.directories.get(parent) ?? { mode: 0o755, uid: 0, gid: 0 }
    return this.#putParents(parent, source) ?? this.#claim({ type: 'directory', path: parent, ...attributes }, source, 'implied')
  }

  /** Takes a path for an entry; directories may be claimed again, everything else once. A directory's first source owns it. */
  #claim(entry: LayerEntry, { origin, layer }: Source, as: 'source' | 'implied' = 'source'): Failure | null {
    const earlier = this.#placed.get(entry.path)
    if (earlier !== undefined && !(earlier.entry.type === 'directory' && entry.type === 'directory')) {
      return this.#collides(`/${entry.path}`, earlier.origin, origin)
    }
    if (entry.type !== 'directory' && this.#base.directories.has(entry.path)) {
      return this.#collides(`/${entry.path}`, 'a directory of the base', origin)
    }
    if (earlier === undefined || (earlier.implied && as === 'source'))
      this.#placed.set(entry.path, { entry, origin, layer, implied: as === 'implied' })
    return null
  }

  #collides(path: string, earlier: string, later: string): Failure {
    return failure({
      id: 'image/path-collision',
      message: `"${path}" in the image of service "${this.#service}" is claimed by ${earlier} and by ${later}`,
      help: 'give them different paths; a "to" that ends in "/" puts a file into that directory',
    })
  }

  #linkLeaves(source: Source, link: { readonly path: string; readonly target: string }): Failure {
    const name = link.path === '' ? source.name : `${source.name}/${link.path}`
    return failure({
      id: 'image/link-leaves-artifact',
      message: `symlink ${escapeName(name)} of ${source.origin} in the image of service "${this.#service}" leads out of its artifact, to ${escapeName(link.target)}`,
      help: 'make the build copy what the link points to, or link to a relative path inside the artifact',
    })
  }

  #isWhiteout(source: Source, path: string): Failure {
    return failure({
      id: 'image/whiteout-name',
      message: `"/${path}" of ${source.origin} in the image of service "${this.#service}" cannot be in an image, where names that start with ".wh." mean removed files`,
      help: 'rename the file',
    })
  }
}

/** Adds the directories that entries lie in and that are no entries themselves. */
function withDirectories(entries: readonly TreeEntry[]): readonly TreeEntry[] {
  const directories = new Set(entries.flatMap((entry) => (entry.type === 'directory' ? [entry.path] : [])))
  const missing: TreeEntry[] = []
  for (const { path } of entries) {
    for (let slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
      const directory = path.slice(0, slash)
      if (directories.has(directory)) break
      directories.add(directory)
      missing.push({ type: 'directory', path: directory })
    }
  }
  return [...missing, ...entries]
}

function normalise(to: string): string {
  const segments = to.split('/').filter((segment) => segment !== '' && segment !== '.')
  if (segments.includes('..')) throw new Error(`an image path is not normalised: ${to}`)
  return segments.join('/')
}
