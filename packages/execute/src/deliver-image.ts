import { type EnvironmentError, ok, type Result } from '@orchestrate/core'
import type { ImageTarget } from '@orchestrate/graph'
import type { EmittedImage, ExpectedDelivery, ImageSink } from './image-ports.ts'
import type { Run } from './run.ts'

/** The deliveries of one image, one to each sink. Disposed of, those that have not been made are abandoned. */
export interface Deliveries extends Disposable {
  /** Makes them in turn; gives the first reference, or null without sinks. */
  make(image: EmittedImage): Promise<Result<string | null, EnvironmentError>>
}

/** With `expecting`, sinks get ready while the image is being made. */
export function openDeliveries(run: Run, target: ImageTarget, how: { readonly expecting: boolean }): Deliveries {
  const references = target.image.tags.map((tag) => `${target.image.repository}:${tag}`)
  const { sinks, stop } = run.deps
  const expected = new Map<ImageSink, ExpectedDelivery>()
  for (const sink of how.expecting ? sinks : []) {
    const delivery = sink.expect?.(stop) ?? null
    if (delivery !== null) expected.set(sink, delivery)
  }
  const deliverTo = (sink: ImageSink, image: EmittedImage): ReturnType<ImageSink['deliver']> => {
    const delivery = expected.get(sink)
    expected.delete(sink)
    return delivery === undefined ? sink.deliver(image, references, stop) : delivery.deliver(image, references)
  }
  return {
    make: async (image) => {
      for (const sink of sinks) {
        const delivered = await run.io(() => deliverTo(sink, image))
        if (!delivered.ok) return delivered
        announce(run, target, { image, destination: sink.destination, references, sentBytes: delivered.value.sentBytes })
      }
      return ok(sinks.length === 0 ? null : (references[0] ?? null))
    },
    [Symbol.dispose]: () => {
      for (const delivery of expected.values()) delivery.abandon()
    },
  }
}

function announce(
  run: Run,
  target: ImageTarget,
  made: {
    readonly image: EmittedImage
    readonly destination: string
    readonly references: readonly string[]
    readonly sentBytes: number
  },
): void {
  const { image, ...facts } = made
  if (facts.sentBytes > 0) run.emit({ type: 'image-delivered', target: target.id, digest: image.manifest.digest, ...facts })
}
