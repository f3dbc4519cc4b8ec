import { canonicalJson } from '@orchestrate/core'
import type { EmittedImage } from '@orchestrate/execute'
import { blobPath, describeImage, encodeIndex, LAYOUT_MARK, mergeDescriptors, type NamedImage } from './layout-index.ts'
import { tarHeader } from './tar-header.ts'
import { sortByPath, type TarMember, writeTar } from './tar-writer.ts'

export interface DockerArchiveOptions {
  /** How many of the leading layers to leave out, because the engine that loads the archive holds them. */
  readonly omitLayers: number
  /** Leaves out the head, which was sent already. */
  readonly afterHead?: boolean
}

const DIRECTORIES = ['blobs', 'blobs/sha256'].map((path) => ({ type: 'directory', path, mode: 0o755, uid: 0, gid: 0 }) as const)

/** How every archive begins, whatever is in it: the directories, which sort first. */
export const archiveHead = (): Uint8Array => Buffer.concat(DIRECTORIES.map(tarHeader))

/**
 * One archive for every engine: an OCI layout that also holds docker's `manifest.json`. Graph drivers read the latter,
 * containerd reads index.json and keeps the manifest digest. Reproducible: sorted, constant times.
 */
export function dockerArchive(
  image: EmittedImage,
  references: readonly string[],
  options: DockerArchiveOptions,
): AsyncGenerator<Uint8Array> {
  return writeArchive([{ image, references }], options)
}

/** The same for several images; blobs that they share are in it once. */
export function writeArchive(
  images: readonly NamedImage[],
  { omitLayers, afterHead = false }: DockerArchiveOptions,
): AsyncGenerator<Uint8Array> {
  const members = new Map<string, TarMember>()
  const add = (member: TarMember) => members.set(member.entry.path, member)
  if (!afterHead) for (const entry of DIRECTORIES) add({ entry, content: () => [] })
  add(fileMember('oci-layout', Buffer.from(LAYOUT_MARK)))
  add(fileMember('index.json', Buffer.from(encodeIndex(images.reduce(indexed, [])))))
  add(fileMember('manifest.json', Buffer.from(canonicalJson(images.map(dockerManifest)))))
  for (const { image } of images) {
    for (const { digest, bytes } of [image.manifest, image.config]) add(fileMember(blobPath(digest), bytes))
    for (const layer of image.layers.slice(omitLayers)) {
      add({ entry: fileEntry(blobPath(layer.digest), layer.size), content: () => layer.open() })
    }
  }
  return writeTar(sortByPath(members.values(), (member) => member.entry.path))
}

const indexed = (descriptors: ReturnType<typeof describeImage>, named: NamedImage) => mergeDescriptors(descriptors, describeImage(named))

/** @see https://github.com/moby/docker-image-spec (the format of `docker save`) */
function dockerManifest({ image, references }: NamedImage): {
  readonly Config: string
  readonly RepoTags: readonly string[]
  readonly Layers: readonly string[]
} {
  return { Config: blobPath(image.config.digest), RepoTags: references, Layers: image.layers.map((layer) => blobPath(layer.digest)) }
}

const fileEntry = (path: string, size: number) => ({ type: 'file', path, mode: 0o644, uid: 0, gid: 0, size }) as const

const fileMember = (path: string, bytes: Uint8Array): TarMember => ({ entry: fileEntry(path, bytes.length), content: () => [bytes] })
