import { canonicalJson, compareCodeUnits, type Digest } from '@orchestrate/core'
import type { EmittedImage } from '@orchestrate/execute'
import { MEDIA_TYPES } from './image-manifest.ts'
import { canonicalReference } from './reference.ts'

/** The content of `oci-layout`. @see https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md */
export const LAYOUT_MARK = '{"imageLayoutVersion":"1.0.0"}'

/** A descriptor of index.json, as it was read: fields that are not ours are kept. */
export type IndexDescriptor = Readonly<Record<string, unknown>>

/** An image under the names that it is to be found by. */
export interface NamedImage {
  readonly image: EmittedImage
  readonly references: readonly string[]
}

/** One descriptor a reference: layouts name by annotation, containerd by its own. */
export function describeImage({ image, references }: NamedImage): readonly IndexDescriptor[] {
  return references.map((reference) => ({
    mediaType: MEDIA_TYPES.manifest,
    digest: image.manifest.digest,
    size: image.manifest.bytes.length,
    annotations: { [REF_NAME]: reference, 'io.containerd.image.name': canonicalReference(reference) },
  }))
}

/** `added` replaces what bears the same name; sorted by name, so that the order of deliveries does not show. */
export function mergeDescriptors(present: readonly IndexDescriptor[], added: readonly IndexDescriptor[]): readonly IndexDescriptor[] {
  const replaced = new Set(added.map(refNameOf))
  const kept = present.filter((descriptor) => refNameOf(descriptor) === null || !replaced.has(refNameOf(descriptor)))
  return [...kept, ...added].toSorted((a, b) => compareCodeUnits(sortKey(a), sortKey(b)))
}

/** Canonical JSON where that can be had: foreign descriptors may hold numbers that it refuses. */
export function encodeIndex(manifests: readonly IndexDescriptor[]): string {
  const head = canonicalJson({ mediaType: MEDIA_TYPES.index, schemaVersion: 2 })
  return `${head.slice(0, -1)},"manifests":${JSON.stringify(manifests)}}`
}

/** The descriptors of an index.json, or null when `text` is no index. */
export function decodeIndex(text: string): readonly IndexDescriptor[] | null {
  const index = parseJson(text)
  if (!isObject(index) || !Array.isArray(index['manifests'])) return null
  const manifests: readonly unknown[] = index['manifests']
  return manifests.every(isObject) ? manifests : null
}

/** Path of a blob inside a layout. */
export const blobPath = (digest: Digest): string => `blobs/${digest.replace(':', '/')}`

const REF_NAME = 'org.opencontainers.image.ref.name'

/** The name that a layout gives an image, or null. */
export function refNameOf(descriptor: IndexDescriptor): string | null {
  const annotations = descriptor['annotations']
  const name = isObject(annotations) ? annotations[REF_NAME] : undefined
  return typeof name === 'string' ? name : null
}

const sortKey = (descriptor: IndexDescriptor) => `${refNameOf(descriptor) ?? ''}\0${String(descriptor['digest'])}`

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}
