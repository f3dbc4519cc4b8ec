import { err, type Failure, failure, ok, type Result, type TargetId } from '@orchestrate/core'
import type { Plan } from '@orchestrate/plan'
import { describeReason } from '@orchestrate/report'
import type { PlannedWorkspace } from './plan-workspace.ts'
import type { Stop } from './stop.ts'

/** The image that a selector names. */
export interface RunnableImage {
  readonly id: TargetId
  readonly service: string
}

/** The one image among what was selected. */
export function findRunnable({ plan, workspace }: PlannedWorkspace, selector: string): Result<RunnableImage, Stop> {
  const images = [...plan.targets.values()].flatMap(({ kind, id, service }) =>
    kind === 'image' && service !== null ? { id, service } : [],
  )
  const [first, second] = images
  if (first !== undefined && second === undefined) return ok(first)
  if (first !== undefined) {
    const names = images.map(({ service }) => service).join(', ')
    return err({
      kind: 'usage',
      message: `"${selector}" names ${images.length} services with an image: ${names}`,
      help: 'name the one to start',
    })
  }
  const others = [...workspace.services.values()].flatMap(({ name, image }) => (image === null ? [] : name))
  const help = others.length === 0 ? 'no service of this workspace has one' : `these have one: ${others.join(', ')}`
  return err({ kind: 'usage', message: `"${selector}" has no image to start`, help })
}

export const isUpToDate = (plan: Plan): boolean => plan.summary.current === plan.targets.size

/** What `--no-build` says to an image that would have to be built first. */
export function refuseOutdated(plan: Plan, { service }: RunnableImage): Failure {
  const pending = [...plan.targets.values()].filter(({ decision }) => decision !== 'current')
  return failure({
    id: 'run/not-built',
    message: `the image of "${service}" is not up to date`,
    details: pending.map(({ id, reasons: [reason] }) => `${id}${reason === undefined ? '' : `  ${describeReason(reason)}`}`),
    help: `build it with \`orchestrate apply ${service}\`, or leave --no-build out`,
  })
}
