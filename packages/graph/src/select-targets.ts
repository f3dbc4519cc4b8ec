import type { Diagnostic, Result, TargetId, WorkspacePath } from '@orchestrate/core'
import type { BuildGraph } from './build-graph.ts'

export function selectTargets(
  _graph: BuildGraph,
  _selectors: readonly string[],
  _cwd: WorkspacePath,
): Result<ReadonlySet<TargetId>, Diagnostic[]> {
  throw new Error('to come')
}
