export { IMAGE_DIAGNOSTICS } from './diagnostics.ts'
export { dockerArchive, type DockerArchiveOptions } from './docker-archive.ts'
export { dockerArchiveSink } from './docker-archive-sink.ts'
export { compareImages, type FileDifference, type ImageDifference } from './compare-images.ts'
export { createImageEmitter } from './emitter.ts'
export { loaderSink } from './loader-sink.ts'
export { ociLayoutSink } from './oci-layout-sink.ts'
export { canonicalReference } from './reference.ts'
export { flattenLayers } from './flatten-layers.ts'
export {
  type ImageConfig,
  type ImageContents,
  type ImageEntry,
  inspectImage,
  type LayerContents,
  type ReadableImage,
} from './inspect-image.ts'
export { openLayoutImage } from './open-layout.ts'
export { TarFormatError } from './tar-scanner.ts'
