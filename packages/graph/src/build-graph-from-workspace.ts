import type { Workspace } from '@orchestrate/config'
import type { Diagnostic, Result } from '@orchestrate/core'
import type { BuildGraph } from './build-graph.ts'

export function buildGraph(_workspace: Workspace): Result<BuildGraph, Diagnostic[]> {
  throw new Error('to come')
}
