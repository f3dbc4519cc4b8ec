import { assertNever } from '@orchestrate/core'
import { diskCode } from '@orchestrate/store'
import { ArchiveFault, hostile } from './archive-fault.ts'
import { type BinaryText, fromHostPath, showName } from './binary-text.ts'
import type { NewFile } from './new-file.ts'
import { locate, pathOf, type RootPlace, segmentsOf } from './root-model.ts'
import { PLAIN, RootTree } from './root-tree.ts'
import type { TarMember, TarVisitor } from './tar-reader.ts'
import { readWhiteout, type Whiteout } from './whiteout.ts'

/**
 * Lays the members of layers over one another below an empty directory. Setuid, setgid and devices are left out. Of two entries with one name the later one counts, also a file in the place of a directory.
 */
export class RootWriter implements TarVisitor {
  readonly #tree: RootTree
  #file: NewFile | null = null
  /** Paths of device nodes and pipes, which were left out. */
  readonly #skipped = new Set<BinaryText>()

  /**
   * @param directory absolute, exists and is empty
   * @param owners `dropped`: everything belongs to the caller; only the superuser can keep them
   */
  constructor(directory: string, owners: 'kept' | 'dropped') {
    this.#tree = new RootTree(directory, owners)
  }

  get skipped(): number {
    return this.#skipped.size
  }

  /** The layer that the next members belong to; the lowest is 0. */
  beginLayer(layer: number): void {
    this.#tree.layer = layer
  }

  /** @throws ArchiveFault, DiskError */
  member(member: TarMember): void {
    const segments = segmentsOf(member.name, member.name)
    if (segments.length === 0) return this.#describeRoot(member)
    const place = this.#tree.locate(segments, member.name)
    const whiteout = readWhiteout(place.name, member.name)
    if (whiteout === null) refuseLongNames(member, () => this.#make(place, member))
    else this.#whiteOut(place, whiteout)
  }

  /** @throws DiskError */
  content(piece: Uint8Array, position: number): void {
    this.#file?.write(piece, position)
  }

  /** @throws DiskError */
  memberEnd(): void {
    const file = this.#file
    this.#file = null
    file?.finish()
  }

  /** Makes an empty directory or file, parents too, unless the root has something else in the way. @throws DiskError */
  provide(path: string, kind: 'directory' | 'file', mode: number): void {
    const name = fromHostPath(path)
    const place = this.#placeFor(name)
    if (place === null || this.#tree.nodeAt(place) !== null) return
    if (kind === 'directory') this.#tree.makeDirectory(place, { ...PLAIN, mode, mtime: PROVIDED_MTIME })
    else this.#tree.createFile(place, { ...PLAIN, mode, mtime: PROVIDED_MTIME, size: 0 }).finish()
  }

  /** To be called last. @throws DiskError */
  finish(): void {
    this.#tree.finish()
  }

  /** Closes what an interrupted archive left open. */
  abandon(): void {
    this.#file?.abandon()
    this.#file = null
  }

  #placeFor(name: BinaryText): RootPlace | null {
    try {
      return this.#tree.locate(segmentsOf(name, name), name)
    } catch (error) {
      if (error instanceof ArchiveFault) return null
      throw error
    }
  }

  #describeRoot(member: TarMember): void {
    if (member.type !== 'directory') throw hostile(member.name, 'it takes the place of the root')
    this.#tree.describe(this.#tree.root, member)
  }

  #make(place: RootPlace, member: TarMember): void {
    const { type, name, linkName } = member
    switch (type) {
      case 'directory':
        this.#tree.makeDirectory(place, member)
        return
      case 'file':
        this.#file = this.#tree.createFile(place, member)
        return
      case 'symlink':
        if (linkName === '' || linkName.includes('\0')) throw hostile(name, 'it is a link to nothing')
        this.#tree.makeSymlink(place, linkName, member)
        return
      case 'hardlink':
        this.#linkTo(place, member)
        return
      case 'device':
        this.#skip(place)
        return
      default:
        assertNever(type)
    }
  }

  #linkTo(place: RootPlace, { name, linkName }: TarMember): void {
    const target = locate(this.#tree.root, segmentsOf(linkName, name), { entry: name, missing: () => null })
    const wanted = target === null ? null : this.#tree.nodeAt(target)
    // A link to itself changes nothing.
    if (wanted !== null && wanted === this.#tree.nodeAt(place)) return
    if (target !== null && wanted === null && this.#skipped.has(pathOf(target))) return this.#skip(place)
    this.#tree.clear(place)
    // What went may have held the target.
    const node = target === null ? null : this.#tree.nodeAt(target)
    if (target === null || node === null) throw hostile(name, `it is a hard link to ${showName(linkName)}, which is not there`)
    if (node.kind === 'directory') throw hostile(name, `it is a hard link to the directory ${showName(linkName)}`)
    this.#tree.makeHardLink(place, target, node)
  }

  #skip(place: RootPlace): void {
    this.#tree.clear(place)
    this.#skipped.add(pathOf(place))
  }

  #whiteOut({ directory }: RootPlace, whiteout: Whiteout): void {
    if (whiteout.kind === 'opaque') this.#tree.clearLower(directory)
    if (whiteout.kind !== 'entry') return
    const hidden = { directory, name: whiteout.name }
    const node = this.#tree.nodeAt(hidden)
    if (node?.kind === 'directory' && this.#tree.clearLower(node)) return
    // What this layer itself has put there stays, in whatever order its entries come.
    if (node !== null && node.layer < this.#tree.layer) this.#tree.clear(hidden)
  }
}

/** 1980-01-02T00:00:00Z, as everything we make. */
const PROVIDED_MTIME = 315619200

/** A name that no disk can hold is the archive's fault, not the disk's. */
function refuseLongNames({ name }: TarMember, make: () => void): void {
  try {
    make()
  } catch (error) {
    if (diskCode(error) !== 'ENAMETOOLONG') throw error
    throw hostile(name, 'its name or target is too long')
  }
}
