import { err, ok, type Result } from '@orchestrate/core'
import { planAndRemember, recallFor } from './plan-and-remember.ts'
import type { PlannedWorkspace, PlanRequest } from './plan-workspace.ts'
import type { Session } from './session.ts'
import type { Stop } from './stop.ts'
import { refuseLock } from './workspace-lock.ts'

/** As `planWorkspace`; a plan of everything in which nothing acts is not made again while it holds. */
export async function recallOrPlan(session: Session, request: PlanRequest): Promise<Result<PlannedWorkspace, Stop>> {
  const recalled = await recallFor(session, request)
  if (!recalled.ok) return recalled
  const whole = recalled.value?.whole() ?? null
  if (whole === null) return planAndRemember(session, request)
  const refused = refuseLock(whole.lock, { complete: request.locked })
  return refused === null ? ok(whole) : err(refused)
}
