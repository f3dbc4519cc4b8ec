import { canonicalJson, type Digest } from '@orchestrate/core'

/** @see https://github.com/opencontainers/image-spec/blob/v1.1.1/media-types.md */
export const MEDIA_TYPES = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
} as const

interface Content {
  readonly digest: Digest
  readonly size: number
}

/**
 * The exact bytes of an image manifest: canonical JSON, because its digest is the image's name in registries.
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/manifest.md
 */
export function encodeManifest(config: Content, layers: readonly Content[], annotations: ReadonlyMap<string, string>): string {
  return canonicalJson({
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.manifest,
    config: { mediaType: MEDIA_TYPES.config, digest: config.digest, size: config.size },
    layers: layers.map(({ digest, size }) => ({ mediaType: MEDIA_TYPES.layer, digest, size })),
    ...(annotations.size === 0 ? {} : { annotations: Object.fromEntries(annotations) }),
  })
}
