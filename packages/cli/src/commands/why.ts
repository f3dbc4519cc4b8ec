import { err, ok, type Result, type TargetId } from '@orchestrate/core'
import { explainWhy, renderWhy } from '@orchestrate/report'
import { EXIT, type ExitCode } from '../exit-code.ts'
import type { Invocation } from '../invocation.ts'
import { nameTarget } from '../name-target.ts'
import type { PlannedWorkspace } from '../plan-workspace.ts'
import { type Stop, stopCommand } from '../stop.ts'
import { withPlan } from '../with-plan.ts'

export interface WhyOptions {
  /** `SERVICE`, or a target's id. */
  readonly subject: string
  readonly json: boolean
}

/** `orchestrate why`: what changed since the last good build of a service, to the file and the variable. */
export async function why(invocation: Invocation, { subject, json }: WhyOptions): Promise<ExitCode> {
  return withPlan(invocation, { services: [], staged: false }, (planned) => {
    const targets = targetsOf(planned, subject)
    if (!targets.ok) return stopCommand(invocation, targets.error)
    const answers = explainWhy(planned.plan, targets.value)
    const { stdout } = invocation.host
    stdout.write(
      json ? `${JSON.stringify({ schemaVersion: 1, targets: answers })}\n` : renderWhy(answers, { color: invocation.colorOf(stdout) }),
    )
    return EXIT.done
  })
}

/** Of a service all of its targets, the image last, which is what most people ask about: it is told first. */
function targetsOf({ plan, workspace }: PlannedWorkspace, subject: string): Result<readonly TargetId[], Stop> {
  const all = [...plan.targets.values()]
  const exact = all.find(({ id }) => id === subject)
  if (exact !== undefined) return ok([exact.id])
  if (!workspace.services.has(subject)) return err(nameTarget(subject, [...workspace.services.keys(), ...plan.targets.keys()]))
  return ok(all.flatMap(({ id, service }) => (service === subject ? id : [])).toReversed())
}
