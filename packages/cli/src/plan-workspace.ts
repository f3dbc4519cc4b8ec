import type { Workspace } from '@orchestrate/config'
import { err, ok, type Result } from '@orchestrate/core'
import { type Inventory, takeInventory } from '@orchestrate/fingerprint'
import { type BuildGraph, selectTargets } from '@orchestrate/graph'
import { type Plan, plan } from '@orchestrate/plan'
import { declaredGraph } from './declared-graph.ts'
import { planLookups } from './plan-lookups.ts'
import type { Session } from './session.ts'
import { findings, type Stop } from './stop.ts'
import { unlessAborted } from './unless-aborted.ts'
import { readWorkspaceLock, refuseLock, type WorkspaceLock } from './workspace-lock.ts'

export interface PlanRequest {
  /** Selectors as typed. */
  readonly services: readonly string[]
  readonly force: boolean
  /** Refuse a builder.lock without an entry for every toolchain. */
  readonly locked: boolean
  readonly signal: AbortSignal
}

export interface PlannedWorkspace {
  readonly workspace: Workspace
  readonly plan: Plan
  readonly lock: WorkspaceLock
  /** Whether a builder.yaml speaks of the commit that is checked out. */
  readonly readsCommit: boolean
}

/** The spine up to the plan: loadWorkspace, buildGraph, takeInventory, plan. */
export async function planWorkspace(session: Session, request: PlanRequest): Promise<Result<PlannedWorkspace, Stop>> {
  const declared = await readDeclared(session, request.signal)
  if (!declared.ok) return declared
  const { graph, inventory, lock } = declared.value
  const selection = selectTargets(graph, request.services, session.cwd)
  if (!selection.ok) return err(findings(selection.error, graph.workspace.files))
  const refused = refuseLock(lock, { complete: request.locked })
  if (refused !== null) return err(refused)
  const { force } = request
  const { identities } = lock.locked
  const made = await plan(
    { graph, inventory, identities, selection: selection.value, force, platform: session.platform },
    planLookups(session),
  )
  return ok({ workspace: graph.workspace, plan: made, lock, readsCommit: declared.value.readsCommit })
}

export interface DeclaredWorkspace {
  readonly graph: BuildGraph
  readonly inventory: Inventory
  readonly lock: WorkspaceLock
  readonly readsCommit: boolean
}

/** What the files say: loadWorkspace, buildGraph, takeInventory, and builder.lock beside them. */
export async function readDeclared(session: Session, signal: AbortSignal): Promise<Result<DeclaredWorkspace, Stop>> {
  using listing = startListing(session, signal)
  const declared = await declaredGraph(session, signal)
  if (!declared.ok) return declared
  const { graph, readsCommit } = declared.value
  const inventory = await unlessAborted(signal, takeInventory({ graph, tree: session.tree, signal: listing.signal }))
  if (inventory === null) return err({ kind: 'cancelled' })
  if (!inventory.ok) return err(findings(inventory.error, graph.workspace.files))
  const lock = await readWorkspaceLock(session, { graph, inventory: inventory.value })
  return lock.ok ? ok({ graph, inventory: inventory.value, lock: lock.value, readsCommit }) : lock
}

/** Lists the tree while configuration is read: takeInventory, which needs both, finds it done. Ends with its scope. */
function startListing({ tree }: Session, stop: AbortSignal): Disposable & { readonly signal: AbortSignal } {
  const over = new AbortController()
  const signal = AbortSignal.any([stop, over.signal])
  // Whatever it answers is answered to takeInventory too.
  tree.list(signal).catch(() => undefined)
  return { signal, [Symbol.dispose]: () => over.abort() }
}
