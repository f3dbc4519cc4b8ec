import type { Image } from '@orchestrate/config'
import { compareCodeUnits, type Failure, failure } from '@orchestrate/core'
import type { StoredLayer } from '@orchestrate/store'
import { entriesSize } from './layer-bytes.ts'
import type { LayerEntry } from './layer-entries.ts'

/** `image/too-large` when the uncompressed layers sum up to more than `image.maxSize`, known before any file is read. */
export function checkMaxSize(image: Image, entries: readonly LayerEntry[], base: readonly StoredLayer[]): Failure | null {
  if (image.maxSize === null) return null
  const baseSize = base.reduce((sum, layer) => sum + layer.uncompressedSize, 0)
  const size = baseSize + (entries.length > 0 ? entriesSize(entries) : 0)
  if (size <= image.maxSize.value) return null
  return failure({
    id: 'image/too-large',
    message: `the image of service "${image.service}" has ${describeSize(size)}, its maxSize is ${describeSize(image.maxSize.value)}`,
    details: [...(base.length > 0 ? [`base: ${describeSize(baseSize)}`] : []), ...largestFiles(entries)],
    help: `make these smaller, or raise maxSize in "${image.maxSize.span.file}"`,
  })
}

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
