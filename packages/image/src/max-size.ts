import type { Image } from '@orchestrate/config'
import { compareCodeUnits, type Failure, failure } from '@orchestrate/core'
import type { StoredLayer } from '@orchestrate/store'
import { entriesSize } from './layer-bytes.ts'
import type { LayerEntry } from './layer-entries.ts'
import type { OwnLayer } from './place-files.ts'

/** What an image is made of, for its size. */
export interface ImageContent {
  readonly image: Image
  readonly own: readonly OwnLayer[]
  readonly base: readonly StoredLayer[]
}

/** Bytes of the uncompressed layers, known before any file is read. */
export function layersSize({ own, base }: ImageContent): number {
  return sizeOf(base) + own.reduce((sum, { entries }) => sum + entriesSize(entries), 0)
}

/** `image/too-large` when `size` bytes are more than `image.maxSize`. */
export function checkMaxSize({ image, own, base }: ImageContent, size: number): Failure | null {
  if (image.maxSize === null || size <= image.maxSize.value) return null
  return failure({
    id: 'image/too-large',
    message: `the image of service "${image.service}" has ${describeSize(size)}, its maxSize is ${describeSize(image.maxSize.value)}`,
    details: [...(base.length > 0 ? [`base: ${describeSize(sizeOf(base))}`] : []), ...largestFiles(own.flatMap(({ entries }) => entries))],
    help: `make these smaller, or raise maxSize in "${image.maxSize.span.file}"`,
  })
}

const sizeOf = (layers: readonly StoredLayer[]) => layers.reduce((sum, layer) => sum + layer.uncompressedSize, 0)

const LISTED = 10

function largestFiles(entries: readonly LayerEntry[]): string[] {
  return entries
    .flatMap((entry) => (entry.type === 'file' ? [entry] : []))
    .toSorted((a, b) => b.size - a.size || compareCodeUnits(a.path, b.path))
    .slice(0, LISTED)
    .map((entry) => `/${entry.path}: ${describeSize(entry.size)}`)
}

function describeSize(bytes: number): string {
  const unit = UNITS.find(({ size }) => bytes >= size)
  return unit === undefined ? `${bytes} byte${bytes === 1 ? '' : 's'}` : `${bytes} bytes (${(bytes / unit.size).toFixed(1)} ${unit.name})`
}

const UNITS = [
  { name: 'GiB', size: 1024 ** 3 },
  { name: 'MiB', size: 1024 ** 2 },
  { name: 'KiB', size: 1024 },
]
