import { setImmediate } from 'node:timers/promises'
import { err, type ImageSummary, ok, type Result, type TargetOutcome, type Trouble } from '@orchestrate/core'
import type { ImageTarget } from '@orchestrate/graph'
import type { ImageRecord } from '@orchestrate/store'
import { completeFingerprint } from './complete-fingerprint.ts'
import { openDeliveries } from './deliver-image.ts'
import { gatherEmission } from './gather-emission.ts'
import type { EmittedImage } from './image-ports.ts'
import type { Run } from './run.ts'
import { artifactLost, gateFailed } from './trouble.ts'

/** Emits an image that the store lacks, then delivers it: a stored one is only delivered. */
export async function runImage(run: Run, target: ImageTarget): Promise<TargetOutcome> {
  const hit = run.imageRecord(target.id)
  // What has to be built goes first: there is time for what is there while an engine works.
  if (hit !== null) await setImmediate()
  const stored = hit === null || isTooLarge(target, hit) ? null : await run.deps.emitter.reopen(hit)
  if (stored === null) run.begin(target.id)
  // Gates have ended by now, as everything else that it depends on.
  const blocked = target.gates.find((gate) => run.summaries.get(gate)?.outcome !== 'succeeded')
  using deliveries = openDeliveries(run, target, { expecting: stored === null && blocked === undefined })
  const emitted = stored === null ? await emitImage(run, target) : ok(stored)
  if (!emitted.ok) return fail(run, target, emitted.error)
  if (blocked !== undefined) return run.conclude(target.id, { outcome: 'skipped', decision: 'blocked', trouble: gateFailed(blocked) })
  const delivered = await deliveries.make(emitted.value)
  if (!delivered.ok) return fail(run, target, delivered.error)
  return concludeImage(run, target, { emitted: stored === null, reference: delivered.value })
}

/** A size limit is no ingredient: it may have been lowered since the image was emitted. Emitting again words the failure. */
function isTooLarge(target: ImageTarget, record: ImageRecord): boolean {
  return target.image.maxSize !== null && record.bytes > target.image.maxSize.value
}

export function concludeImage(
  run: Run,
  target: ImageTarget,
  how: { readonly emitted: boolean; readonly reference: string | null },
): TargetOutcome {
  const record = run.imageRecord(target.id)
  run.rememberHit(target.id)
  const image: ImageSummary | null = record === null ? null : { reference: how.reference, digest: record.manifest, bytes: record.bytes }
  return run.conclude(target.id, {
    outcome: 'succeeded',
    ...(how.emitted ? {} : { decision: 'current' }),
    image,
    artifactBytes: artifactBytes(run, target),
    toolchainBytes: toolchainBytes(run, target),
  })
}

function fail(run: Run, target: ImageTarget, trouble: Trouble): TargetOutcome {
  if (run.deps.stop.aborted) return run.conclude(target.id, { outcome: 'cancelled' })
  if (run.planned(target.id).decision === 'current') run.begin(target.id)
  return run.conclude(target.id, { outcome: 'failed', decision: 'emit', trouble })
}

async function emitImage(run: Run, target: ImageTarget): Promise<Result<EmittedImage, Trouble>> {
  const started = run.deps.clock.monotonic()
  const request = await gatherEmission(run, target)
  if (!request.ok) return request
  const completed = completeFingerprint(run, target.id)
  if (!completed.ok) return err(artifactLost(completed.error))
  const { fingerprint, manifest } = completed.value
  const [emitted, stored] = await Promise.all([
    run.deps.emitter.emit(request.value, run.deps.stop),
    run.deps.store.blobs.put(manifest, { expected: fingerprint }),
  ])
  if (!emitted.ok) return emitted
  if (!stored.ok) return stored
  const record: ImageRecord = {
    schema: 1,
    kind: 'image',
    fingerprint,
    target: target.id,
    durationMs: Math.round(run.deps.clock.monotonic() - started),
    finishedAt: run.deps.clock.now(),
    toolchainBytes: toolchainBytes(run, target),
    ...emitted.value.stored,
  }
  const written = await run.deps.store.records.put(record)
  if (!written.ok) return written
  run.records.set(target.id, record)
  return emitted
}

/** The largest toolchain that the image's artifacts were built with, or its base's. */
function toolchainBytes(run: Run, target: ImageTarget): number | null {
  const sizes = target.artifacts.flatMap((edge) => run.buildRecord(edge.target)?.toolchainBytes ?? [])
  return sizes.length === 0 ? null : Math.max(...sizes)
}

function artifactBytes(run: Run, target: ImageTarget): number | null {
  const sizes = new Map<string, number>()
  for (const { target: id, output } of target.artifacts) {
    const artifact = run.buildRecord(id)?.artifacts.find((candidate) => candidate.output === output)
    if (artifact !== undefined) sizes.set(`${id} ${output}`, artifact.bytes)
  }
  return sizes.size === 0 ? null : [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0)
}
