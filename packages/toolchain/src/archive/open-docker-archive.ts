import { closeSync, createReadStream, openSync } from 'node:fs'
import { posix } from 'node:path'
import { readMember, TarError, type TarMember, tarMembers } from '../rootfs/tar-members.ts'
import { ArchiveFault, invalid } from './archive-fault.ts'
import type { DiskImage, DiskLayer } from './disk-image.ts'
import { isObject, type JsonObject, optionalString, strings } from './json-fields.ts'

/**
 * One image of a docker archive (`docker save`): the one named `name`, or its only one.
 *
 * @param file absolute
 * @see https://github.com/moby/docker-image-spec/blob/v1.3.1/spec.md#combined-image-json--filesystem-changeset-format
 * @throws ArchiveFault, and what the file system throws
 */
export function openDockerArchive(file: string, name: string | null): DiskImage {
  const descriptor = openSync(file, 'r')
  try {
    const members = new Map([...tarMembers(descriptor)].map((member) => [member.path, member]))
    const image = choose(manifestOf(read(descriptor, members, 'manifest.json')), name)
    const config = optionalString(image, 'Config')
    if (config === null) throw invalid('manifest.json names no config')
    return {
      config: read(descriptor, members, config),
      layers: strings(image, 'Layers', 'manifest.json').map((layer) => layerOf(file, find(members, layer), layer)),
    }
  } catch (error) {
    if (error instanceof TarError) throw invalid(error.message)
    throw error
  } finally {
    closeSync(descriptor)
  }
}

function manifestOf(text: string): readonly JsonObject[] {
  try {
    const value: unknown = JSON.parse(text)
    if (Array.isArray(value) && value.every(isObject)) return value
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  throw invalid('manifest.json is not a list of images')
}

function choose(images: readonly JsonObject[], name: string | null): JsonObject {
  const names = images.flatMap((image) => strings(image, 'RepoTags', 'manifest.json'))
  const found =
    name === null
      ? images
      : images.filter((image) => strings(image, 'RepoTags', 'manifest.json').some((tag) => familiar(tag) === familiar(name)))
  const [first, second] = found
  if (first === undefined)
    throw new ArchiveFault(
      'unusable',
      name === null ? 'it holds no image' : `it has no image "${name}"; its images: ${names.join(', ') || 'none with a name'}`,
    )
  if (second !== undefined) throw new ArchiveFault('unusable', `it has ${found.length} images; name one of them: ${names.join(', ')}`)
  return first
}

/** Some tools write the registry that others leave out. */
const familiar = (name: string): string => name.replace(/^(?:docker\.io\/)?(?:library\/)?/, '')

function read(descriptor: number, members: ReadonlyMap<string, TarMember>, path: string): string {
  return readMember(descriptor, find(members, path)).toString('utf8')
}

/** The member at `path`; archives share layers by links. */
function find(members: ReadonlyMap<string, TarMember>, path: string): TarMember {
  const member = members.get(posix.normalize(path))
  const target = member?.type === 'symlink' ? posix.join(posix.dirname(path), member.linkName) : (member?.linkName ?? '')
  const found = member?.type === 'symlink' || member?.type === 'hardlink' ? members.get(posix.normalize(target)) : member
  if (found?.type !== 'file') throw invalid(`it lacks "${path}"`)
  return found
}

function layerOf(file: string, { offset, size }: TarMember, name: string): DiskLayer {
  const open = (signal: AbortSignal): AsyncIterable<Uint8Array> =>
    size === 0
      ? createReadStream('/dev/null')
      : createReadStream(file, { start: offset, end: offset + size - 1, signal, highWaterMark: 1 << 20 })
  return { name, expected: null, open }
}
