import { ok, type Result } from '@orchestrate/core'
import type { PlanOutline } from '@orchestrate/plan'
import type { ExitCode } from './exit-code.ts'
import type { Invocation } from './invocation.ts'
import { recallPlan, rememberPlan } from './plan-memory.ts'
import { openSession, type Session } from './session.ts'
import { type Stop, stopCommand } from './stop.ts'
import type { PlanQuestion } from './with-plan.ts'

/** As `withPlan`, for who wants to know of the plan only what is shown of it: one in which nothing acts is remembered. */
export async function withOutline(
  invocation: Invocation,
  question: PlanQuestion,
  answer: (outline: PlanOutline) => ExitCode,
): Promise<ExitCode> {
  const opened = await openSession(invocation, question)
  if (!opened.ok) return stopCommand(invocation, opened.error)
  await using session = opened.value
  const outline = await outlinePlan(session, question)
  return outline.ok ? answer(outline.value) : stopCommand(invocation, outline.error)
}

async function outlinePlan(session: Session, { services }: PlanQuestion): Promise<Result<PlanOutline, Stop>> {
  const { signal } = new AbortController()
  const isWhole = services.length === 0
  const recalled = isWhole ? await recallPlan(session, signal) : null
  if (recalled !== null) return ok(recalled)
  // What makes a plan is a megabyte of code, which a recalled one does without.
  const { planWorkspace } = await import('./plan-workspace.ts')
  const planned = await planWorkspace(session, { services, force: false, locked: false, signal })
  if (!planned.ok) return planned
  if (isWhole) await rememberPlan(session, planned.value, signal)
  return ok(planned.value.plan)
}
