import { type Fingerprinted, fingerprintOf, type NeedContents } from '@orchestrate/fingerprint'
import type { PlannedTarget } from './plan.ts'

/**
 * The fingerprint of a build or image and its manifest, from what is known of its needs by now.
 * Null while one is unknown.
 *
 * @throws for a toolchain, which has an identity instead (a bug of the caller).
 */
export function completeFingerprint(planned: PlannedTarget, contents: NeedContents): Fingerprinted | null {
  if (planned.ingredients === null) throw new Error(`a toolchain has no fingerprint: ${planned.id}`)
  return fingerprintOf(planned.ingredients, contents)
}
