import { expect } from 'vitest'
import type { Example } from './example.ts'

interface PlannedTarget {
  readonly id: string
  readonly fingerprint: string | null
}

/**
 * Builds an example that Docker has built once more without it, and compares: images by digest, and every artifact by the
 * fingerprints of what takes it, which hold its content.
 */
export async function expectSameOnEmbedded(
  example: Example,
  onDocker: ReadonlyMap<string, { readonly image: { readonly digest: string } | null }>,
): Promise<void> {
  const fingerprints = await fingerprintsOf(example)
  const forced = await example.apply('--force', '--no-load', '--engine', 'embedded')
  expect([forced.code, forced.events.flatMap((event) => (event.type === 'engine-chosen' ? event.engine : []))], forced.stderr).toEqual([
    0,
    ['embedded'],
  ])
  const digests = (targets: typeof onDocker): readonly (readonly [string, string | null])[] =>
    [...targets].map(([id, { image }]) => [id, image?.digest ?? null])
  expect(digests(forced.targets)).toEqual(digests(onDocker))
  expect([...forced.targets.values()].flatMap(({ id, kind, decision }) => (kind === 'build' && decision !== 'build' ? id : []))).toEqual([])
  expect(await fingerprintsOf(example)).toEqual(fingerprints)
}

async function fingerprintsOf(example: Example): Promise<readonly PlannedTarget[]> {
  const { stdout } = await example.run('plan', '--json')
  const { targets } = JSON.parse(stdout) as { readonly targets: readonly PlannedTarget[] }
  expect(targets.flatMap(({ id, fingerprint }) => (fingerprint === null ? id : []))).toEqual([])
  return targets.map(({ id, fingerprint }) => ({ id, fingerprint }))
}
