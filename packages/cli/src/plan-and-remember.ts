import { err, ok, type Result } from '@orchestrate/core'
import { recallPlan, type RecalledPlan, rememberPlan } from './plan-memory.ts'
import type { PlannedWorkspace, PlanRequest } from './plan-workspace.ts'
import type { Session } from './session.ts'
import type { Stop } from './stop.ts'
import { unlessAborted } from './unless-aborted.ts'

/** As `planWorkspace`, and keeps a plan of everything in which nothing acts. */
export async function planAndRemember(session: Session, request: PlanRequest): Promise<Result<PlannedWorkspace, Stop>> {
  // What makes a plan is half a megabyte of code, which a recalled one does without.
  const { planWorkspace } = await import('./plan-workspace.ts')
  const planned = await planWorkspace(session, request)
  // Interrupted or not: the plan is made.
  if (planned.ok && isOfEverything(session, request))
    await unlessAborted(request.signal, rememberPlan(session, planned.value, request.signal))
  return planned
}

/** The plan that was kept, or null when there is none that still holds, or another one is wanted. */
export async function recallFor(session: Session, request: PlanRequest): Promise<Result<RecalledPlan | null, Stop>> {
  if (!isOfEverything(session, request)) return ok(null)
  const recalled = await unlessAborted(request.signal, recallPlan(session, request.signal))
  return request.signal.aborted ? err({ kind: 'cancelled' }) : ok(recalled)
}

const isOfEverything = ({ overrides }: Session, { services, force }: PlanRequest): boolean =>
  services.length === 0 && !force && overrides.length === 0
