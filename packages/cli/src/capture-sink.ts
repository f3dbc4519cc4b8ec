import { ok } from '@orchestrate/core'
import type { EmittedImage, ImageSink } from '@orchestrate/execute'

export interface CapturedImage {
  readonly image: EmittedImage
  readonly reference: string
}

/** Takes the one image of a run in hand, so that it can be started. A blocked image is never delivered. */
export function captureSink(): ImageSink & { readonly captured: () => CapturedImage | null } {
  let captured: CapturedImage | null = null
  return {
    destination: 'run',
    prepare: async () => ok(undefined),
    deliver: async (image, references) => {
      captured = { image, reference: references[0] ?? image.manifest.digest }
      return ok({ references, sentBytes: 0 })
    },
    captured: () => captured,
  }
}
