import { hostile } from './archive-fault.ts'
import { type BinaryText, showName } from './binary-text.ts'

/** What lies at a path of the root that is being unpacked, and which layer put it there. */
export type RootNode =
  | DirectoryNode
  | { readonly kind: 'file'; layer: number }
  | { readonly kind: 'symlink'; layer: number; readonly target: BinaryText }

export interface DirectoryNode {
  readonly kind: 'directory'
  layer: number
  /** Relative to the root; empty for the root itself. */
  readonly path: BinaryText
  readonly parent: DirectoryNode | null
  readonly children: Map<BinaryText, RootNode>
  /** Seconds since the Unix epoch, set once everything is unpacked; null for a directory that no entry named. */
  mtime: number | null
}

/** Where an entry belongs: the directory that really holds it, and its name there. */
export interface RootPlace {
  readonly directory: DirectoryNode
  readonly name: BinaryText
}

export function directoryNode(parent: DirectoryNode | null, name: BinaryText, layer: number): DirectoryNode {
  const path = parent === null || parent.path === '' ? name : `${parent.path}/${name}`
  return { kind: 'directory', layer, path, parent, children: new Map(), mtime: null }
}

/** The path of a place, relative to the root. */
export function pathOf({ directory, name }: RootPlace): BinaryText {
  return directory.path === '' ? name : `${directory.path}/${name}`
}

/**
 * The segments of a name in an archive; none for the root itself. A leading slash means the root, as every reader of layers
 * has it.
 *
 * @param entry to be blamed
 * @throws ArchiveFault for a name that climbs
 */
export function segmentsOf(name: BinaryText, entry: BinaryText): readonly BinaryText[] {
  if (name.includes('\0')) throw hostile(entry, 'a name holds a NUL')
  const segments = name.split('/').filter((segment) => segment !== '' && segment !== '.')
  if (segments.includes('..')) throw hostile(entry, `the name ${showName(name)} climbs`)
  return segments
}

export interface LocateOptions {
  readonly entry: BinaryText
  readonly missing: (directory: DirectoryNode, name: BinaryText) => DirectoryNode | null
}

const MAX_LINKS = 40

/**
 * The place that `segments` name, the links among its parents followed as a process inside the root would follow them: the
 * disk is never asked, so no link that an archive makes can lead out.
 *
 * @param options.entry to be blamed
 * @param options.missing makes a parent directory that is not there, or gives null to stop
 * @returns null when `missing` stopped it
 * @throws ArchiveFault when a parent is no directory, climbs out of the root, or is a circle of links
 */
export function locate(root: DirectoryNode, segments: readonly BinaryText[], { entry, missing }: LocateOptions): RootPlace | null {
  const name = segments.at(-1) ?? ''
  const ahead = segments.slice(0, -1).toReversed()
  let directory = root
  let links = 0
  for (let segment = ahead.pop(); segment !== undefined; segment = ahead.pop()) {
    if (segment === '..') {
      if (directory.parent === null) throw hostile(entry, 'a link among its parents leads out of the root')
      directory = directory.parent
      continue
    }
    const node = directory.children.get(segment) ?? missing(directory, segment)
    if (node === null) return null
    if (node.kind === 'directory') directory = node
    else if (node.kind === 'file') throw hostile(entry, `${showName(pathOf({ directory, name: segment }))} is a file, not a directory`)
    else {
      links += 1
      if (links > MAX_LINKS) throw hostile(entry, 'its parents are a circle of links')
      if (node.target.startsWith('/')) directory = root
      ahead.push(
        ...node.target
          .split('/')
          .filter((part) => part !== '' && part !== '.')
          .toReversed(),
      )
    }
  }
  return { directory, name }
}
