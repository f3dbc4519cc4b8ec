import { loadWorkspace, type Workspace, workTreeGitFacts } from '@orchestrate/config'
import { err, ok, type Result } from '@orchestrate/core'
import { takeInventory } from '@orchestrate/fingerprint'
import { buildGraph, selectTargets } from '@orchestrate/graph'
import { type Plan, plan } from '@orchestrate/plan'
import { type Lock, readWorkspaceLock } from './workspace-lock.ts'
import { planLookups } from './plan-lookups.ts'
import type { Invocation } from './program.ts'
import type { Session } from './session.ts'
import { findings, type Stop } from './stop.ts'

export interface PlanRequest {
  /** Selectors as typed. */
  readonly services: readonly string[]
  readonly force: boolean
  readonly signal: AbortSignal
}

export interface PlannedWorkspace {
  readonly workspace: Workspace
  readonly plan: Plan
  readonly lock: Lock
}

/** The spine up to the plan: loadWorkspace, buildGraph, takeInventory, plan. */
export async function planWorkspace(session: Session, invocation: Invocation, request: PlanRequest): Promise<Result<PlannedWorkspace, Stop>> {
  const loaded = await loadWorkspace(
    { root: session.root },
    { files: session.configFiles, cache: session.parseCache, git: workTreeGitFacts(session.root), signal: request.signal },
  )
  if (!loaded.ok) return err(findings(loaded.error.diagnostics, loaded.error.files))
  const workspace = loaded.value
  const graph = buildGraph(workspace)
  if (!graph.ok) return err(findings(graph.error, workspace.files))
  const selection = selectTargets(graph.value, request.services, session.cwd)
  if (!selection.ok) return err(findings(selection.error, workspace.files))
  const inventory = await takeInventory({ graph: graph.value, tree: session.tree, signal: request.signal })
  if (!inventory.ok) return err(findings(inventory.error, workspace.files))
  const lock = await readWorkspaceLock(session, { graph: graph.value, inventory: inventory.value })
  if (!lock.ok) return lock
  const made = await plan(
    {
      graph: graph.value,
      inventory: inventory.value,
      identities: lock.value.identities,
      selection: selection.value,
      force: request.force,
      platform: session.platform,
    },
    planLookups(session),
  )
  return ok({ workspace, plan: made, lock: lock.value })
}
