import { planToJson } from '@orchestrate/plan'
import { renderPlan } from '@orchestrate/report'
import { EXIT, type ExitCode } from '../exit-code.ts'
import type { Invocation } from '../invocation.ts'
import { withOutline } from '../with-outline.ts'

export interface PlanOptions {
  readonly services: readonly string[]
  readonly json: boolean
  readonly staged: boolean
  readonly detailedExitCode: boolean
  readonly overrides: readonly string[]
}

/** `orchestrate plan`: what apply would do, and why. */
export async function plan(invocation: Invocation, options: PlanOptions): Promise<ExitCode> {
  return withOutline(invocation, options, (made) => {
    const { stdout } = invocation.host
    stdout.write(options.json ? `${JSON.stringify(planToJson(made))}\n` : renderPlan(made, { color: invocation.colorOf(stdout) }))
    const pending = made.summary.current < made.targets.size
    return pending && options.detailedExitCode ? EXIT.changesPending : EXIT.done
  })
}
