import { chmodSync, lchownSync, linkSync, lutimesSync, mkdirSync, openSync, rmdirSync, symlinkSync, unlinkSync, utimesSync } from 'node:fs'
import { onDisk } from '@orchestrate/store'
import { type BinaryText, fromHostPath, toHostPath } from './binary-text.ts'
import { NewFile } from './new-file.ts'
import { type DirectoryNode, directoryNode, locate, pathOf, type RootNode, type RootPlace } from './root-model.ts'

/** Who a file is said to belong to. */
export interface Owner {
  readonly uid: number
  readonly gid: number
}

/** What a directory, a file or a link is to have. `mtime` in seconds since the Unix epoch; null leaves the time of making. */
export interface Attributes extends Owner {
  readonly mode: number
  readonly mtime: number | null
}

/** The attributes of what no archive describes. */
export const PLAIN: Owner = { uid: 0, gid: 0 }

/**
 * A root file system that is being written below an empty directory, to which nobody else writes. It knows from a model what
 * is there, and never asks the disk where a name leads. Every method throws DiskErrors.
 */
export class RootTree {
  readonly #base: BinaryText
  readonly #owners: 'kept' | 'dropped'
  readonly root = directoryNode(null, '', 0)
  /** The layer that whatever is made now belongs to; the lowest is 0. */
  layer = 0

  /**
   * @param directory absolute, exists and is empty
   * @param owners `dropped`: everything belongs to the caller; only the superuser can keep them
   */
  constructor(directory: string, owners: 'kept' | 'dropped') {
    this.#base = fromHostPath(directory)
    this.#owners = owners
  }

  /** Where a name belongs, its missing parents made. @throws ArchiveFault */
  locate(segments: readonly BinaryText[], entry: BinaryText): RootPlace {
    const missing = (directory: DirectoryNode, name: BinaryText): DirectoryNode =>
      this.makeDirectory({ directory, name }, { ...PLAIN, mode: 0o755, mtime: null })
    const place = locate(this.root, segments, { entry, missing })
    if (place === null) throw new Error(`a parent was not made: ${entry}`)
    return place
  }

  nodeAt({ directory, name }: RootPlace): RootNode | null {
    return directory.children.get(name) ?? null
  }

  /** A directory that is there already is described anew; anything else in its place goes. */
  makeDirectory(place: RootPlace, attributes: Attributes): DirectoryNode {
    const present = this.nodeAt(place)
    const node = present?.kind === 'directory' ? present : directoryNode(place.directory, place.name, this.layer)
    if (node !== present) {
      this.clear(place)
      this.#at(node.path, (path) => mkdirSync(path, 0o700))
      place.directory.children.set(place.name, node)
    }
    this.describe(node, attributes)
    return node
  }

  /** The caller may read, fill and remove it, whatever `mode` says; of the special bits only the sticky one is kept. */
  describe(node: DirectoryNode, { mode, mtime, ...owner }: Attributes): void {
    this.#at(node.path, (path) => {
      this.#chown(path, owner)
      chmodSync(path, (mode & 0o1777) | 0o700)
    })
    node.layer = this.layer
    node.mtime = mtime === null ? null : fileTime(mtime)
  }

  /** The caller may read it, whatever `mode` says; no special bit is kept. */
  createFile(place: RootPlace, { mode, mtime, size, ...owner }: Attributes & { readonly mtime: number; readonly size: number }): NewFile {
    this.clear(place)
    const file = this.#at(pathOf(place), (path) => {
      const attributes = { mode: (mode & 0o777) | 0o400, mtime: fileTime(mtime), size }
      const descriptor = openSync(path, 'wx', 0o600)
      this.#chown(path, owner)
      return new NewFile(descriptor, String(path), attributes)
    })
    place.directory.children.set(place.name, { kind: 'file', layer: this.layer })
    return file
  }

  /** The target is kept as it is: only processes inside the root follow it. */
  makeSymlink(place: RootPlace, target: BinaryText, { mtime, ...owner }: Owner & { readonly mtime: number }): void {
    this.clear(place)
    this.#at(pathOf(place), (path) => {
      symlinkSync(toHostPath(target), path)
      this.#chown(path, owner)
      lutimesSync(path, fileTime(mtime), fileTime(mtime))
    })
    place.directory.children.set(place.name, { kind: 'symlink', layer: this.layer, target })
  }

  /** A second name for the file or symbolic link at `existing`; nothing may be at `place`. */
  makeHardLink(place: RootPlace, existing: RootPlace, node: Exclude<RootNode, DirectoryNode>): void {
    const from = this.#hostPath(pathOf(existing))
    this.#at(pathOf(place), (path) => linkSync(from, path))
    place.directory.children.set(place.name, { ...node, layer: this.layer })
  }

  /** Removes whatever is at a place, with everything below it. */
  clear(place: RootPlace): void {
    const node = this.nodeAt(place)
    if (node === null) return
    if (node.kind === 'directory') for (const name of node.children.keys()) this.clear({ directory: node, name })
    this.#at(pathOf(place), (path) => (node.kind === 'directory' ? rmdirSync(path) : unlinkSync(path)))
    place.directory.children.delete(place.name)
  }

  /** Removes what lower layers have put below a directory; true when something of this layer is left in it. */
  clearLower(directory: DirectoryNode): boolean {
    let left = false
    for (const [name, node] of directory.children) {
      const kept = (node.kind === 'directory' && this.clearLower(node)) || node.layer === this.layer
      if (!kept) this.clear({ directory, name })
      left ||= kept
    }
    return left
  }

  /** Gives directories their times, after which nothing may be made. */
  finish(directory: DirectoryNode = this.root): void {
    for (const node of directory.children.values()) if (node.kind === 'directory') this.finish(node)
    const { mtime } = directory
    if (mtime !== null) this.#at(directory.path, (path) => utimesSync(path, mtime, mtime))
  }

  /** What is made belongs to the caller, which root's files always do. */
  #chown(path: string | Buffer, { uid, gid }: Owner): void {
    if (this.#owners === 'kept') lchownSync(path, uid, gid)
  }

  #at<T>(path: BinaryText, call: (path: string | Buffer) => T): T {
    const hostPath = this.#hostPath(path)
    return onDisk(String(hostPath), () => call(hostPath))
  }

  #hostPath(path: BinaryText): string | Buffer {
    return toHostPath(path === '' ? this.#base : `${this.#base}/${path}`)
  }
}

/** What every file system can hold or clamp. */
const fileTime = (seconds: number): number => Math.min(Math.max(seconds, -(2 ** 36)), 2 ** 36)
