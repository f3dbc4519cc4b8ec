import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'

/** Sizes in bytes of the one image of an OCI layout. @see https://github.com/opencontainers/image-spec/blob/v1.1.0/image-layout.md */
export interface ImageSizes {
  readonly manifest: number
  readonly config: number
  /** Of each layer, uncompressed. */
  readonly layers: readonly number[]
}

export function measureLayout(directory: string): ImageSizes {
  const blob = (digest: string) => readFileSync(join(directory, 'blobs', digest.replace(':', '/')))
  const index = JSON.parse(readFileSync(join(directory, 'index.json'), 'utf8')) as {
    readonly manifests: readonly [{ readonly digest: string }]
  }
  const text = blob(index.manifests[0].digest)
  const manifest = JSON.parse(text.toString('utf8')) as {
    readonly config: { readonly digest: string }
    readonly layers: readonly { readonly digest: string; readonly mediaType: string }[]
  }
  const layers = manifest.layers.map(
    ({ digest, mediaType }) => (mediaType.endsWith('gzip') ? gunzipSync(blob(digest)) : blob(digest)).length,
  )
  return { manifest: text.length, config: blob(manifest.config.digest).length, layers }
}
