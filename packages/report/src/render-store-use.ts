import { formatBytes } from '@orchestrate/core'
import { createPaint } from './paint.ts'
import { renderTable } from './table.ts'

/** What a store takes up, by part. */
export interface StoreUse {
  /** Absolute path. */
  readonly store: string
  readonly parts: readonly { readonly name: string; readonly files: number; readonly bytes: number }[]
}

const WORDS: Readonly<Record<string, string>> = {
  blobs: 'artifacts, source files, manifests of fingerprints',
  'embedded/caches': 'compiler caches of the embedded engine',
  'embedded/roots': 'toolchains and images, unpacked for the embedded engine',
  layers: 'what is known of image layers',
  logs: 'the last log of each build',
  quarantine: 'damaged blobs, set aside',
  records: 'outcomes by fingerprint',
  tmp: 'of runs that work now',
  views: 'what builders see, linked to blobs',
  verified: 'which blobs were read and found right',
  workspaces: 'stat caches, histories, remembered plans',
}

/** `orchestrate cache stats`. */
export function renderStoreUse({ store, parts }: StoreUse, options: { readonly color: boolean }): string {
  const paint = createPaint(options.color)
  const total = parts.reduce((sum, { bytes }) => sum + bytes, 0)
  const [head = '', ...rows] = renderTable(
    [
      { title: 'PART', align: 'left' },
      { title: 'FILES', align: 'right' },
      { title: 'SIZE', align: 'right' },
      { title: 'WHAT IT IS', align: 'left' },
    ],
    parts.map(({ name, files, bytes }) => [name, String(files), formatBytes(bytes), WORDS[name] ?? '']),
  )
  return [`${paint('bold', store)}  ${formatBytes(total)}`, ...(parts.length === 0 ? [] : ['', paint('bold', head), ...rows]), ''].join(
    '\n',
  )
}
