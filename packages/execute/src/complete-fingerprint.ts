import { err, ok, type Result, type TargetId } from '@orchestrate/core'
import { type Fingerprinted, fingerprintOf } from '@orchestrate/fingerprint'
import type { Run } from './run.ts'

/** The fingerprint of a target whose needs have all ended; the error names a need whose content is not known. */
export function completeFingerprint(run: Run, id: TargetId): Result<Fingerprinted, TargetId> {
  const known = run.fingerprints.get(id)
  if (known !== undefined) return ok(known)
  const { ingredients, needs } = run.planned(id)
  if (ingredients === null) throw new Error(`${id} has no ingredients`)
  const completed = fingerprintOf(run.ingredients.get(id) ?? ingredients, {
    artifact: (target, output) => run.buildRecord(target)?.artifacts.find((artifact) => artifact.output === output)?.tree ?? null,
    toolchain: (target) => toolchainIdentity(run, target),
    image: (target) => run.imageRecord(target)?.config ?? null,
  })
  if (completed === null) return err(needs.find((need) => !run.records.has(need)) ?? id)
  run.fingerprints.set(id, completed)
  return ok(completed)
}

function toolchainIdentity(run: Run, id: TargetId): ReturnType<Run['identity']> {
  const target = run.target(id)
  return target.kind === 'toolchain' ? run.identity(target.toolchain.name) : null
}
