import { assertNever, type TargetId, type TargetOutcome } from '@orchestrate/core'
import { runBuild } from './run-build.ts'
import { runImage } from './run-image.ts'
import { runToolchain } from './run-toolchain.ts'
import type { Run } from './run.ts'

/** Does the work of an admitted target. */
export function runTarget(run: Run, id: TargetId, leave: () => void): Promise<TargetOutcome> {
  const target = run.target(id)
  switch (target.kind) {
    case 'toolchain':
      return runToolchain(run, target)
    case 'build':
      return runBuild(run, target, leave)
    case 'image':
      return runImage(run, target)
    default:
      return assertNever(target)
  }
}
