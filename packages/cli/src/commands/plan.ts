import { planToJson } from '@orchestrate/plan'
import { renderPlan } from '@orchestrate/report'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { planWorkspace } from '../plan-workspace.ts'
import type { Invocation } from '../invocation.ts'
import { openSession } from '../session.ts'
import { stopCommand } from '../stop.ts'

export interface PlanOptions {
  readonly services: readonly string[]
  readonly json: boolean
  readonly staged: boolean
  readonly detailedExitCode: boolean
}

/** `orchestrate plan`: what apply would do, and why. */
export async function plan(invocation: Invocation, options: PlanOptions): Promise<ExitCode> {
  const opened = await openSession(invocation, options)
  if (!opened.ok) return stopCommand(invocation, opened.error)
  await using session = opened.value
  const planned = await planWorkspace(session, { ...options, force: false, locked: false, signal: new AbortController().signal })
  if (!planned.ok) return stopCommand(invocation, planned.error)
  const { plan: made } = planned.value
  const { stdout } = invocation.host
  stdout.write(options.json ? `${JSON.stringify(planToJson(made))}\n` : renderPlan(made, { color: invocation.colorOf(stdout) }))
  const pending = made.summary.current < made.targets.size
  return pending && options.detailedExitCode ? EXIT.changesPending : EXIT.done
}
