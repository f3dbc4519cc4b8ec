import { ok, type Result } from '@orchestrate/core'
import type { PlanOutline } from '@orchestrate/plan'
import type { ExitCode } from './exit-code.ts'
import type { Invocation } from './invocation.ts'
import { planAndRemember, recallFor } from './plan-and-remember.ts'
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
  const request = { services, force: false, locked: false, signal: new AbortController().signal }
  const recalled = await recallFor(session, request)
  if (!recalled.ok) return recalled
  if (recalled.value !== null) return ok(recalled.value.outline())
  const planned = await planAndRemember(session, request)
  return planned.ok ? ok(planned.value.plan) : planned
}
