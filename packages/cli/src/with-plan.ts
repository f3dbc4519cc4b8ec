import type { ExitCode } from './exit-code.ts'
import type { Invocation } from './invocation.ts'
import { type PlannedWorkspace, planWorkspace } from './plan-workspace.ts'
import { openSession } from './session.ts'
import { stopCommand } from './stop.ts'

export interface PlanQuestion {
  /** Selectors as typed. */
  readonly services: readonly string[]
  /** Plan git's index instead of the work tree. */
  readonly staged: boolean
  /** `PATH=VALUE` each: what the command line changes of the configuration. */
  readonly overrides?: readonly string[]
}

/** For commands that only look: plans and lets `answer` say what they want to know, or says why there is no plan. */
export async function withPlan(
  invocation: Invocation,
  question: PlanQuestion,
  answer: (planned: PlannedWorkspace) => ExitCode,
): Promise<ExitCode> {
  const opened = await openSession(invocation, question)
  if (!opened.ok) return stopCommand(invocation, opened.error)
  await using session = opened.value
  const planned = await planWorkspace(session, {
    services: question.services,
    force: false,
    locked: false,
    signal: new AbortController().signal,
  })
  return planned.ok ? answer(planned.value) : stopCommand(invocation, planned.error)
}
