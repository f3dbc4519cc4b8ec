import { planToJson } from '@orchestrate/plan'
import { renderTargets } from '@orchestrate/report'
import { EXIT, type ExitCode } from '../exit-code.ts'
import type { Invocation } from '../invocation.ts'
import { withPlan } from '../with-plan.ts'

export interface LsOptions {
  readonly services: readonly string[]
  readonly json: boolean
  readonly overrides: readonly string[]
}

/** `orchestrate ls`: services, libraries and targets with their state. */
export async function ls(invocation: Invocation, options: LsOptions): Promise<ExitCode> {
  return withPlan(invocation, { services: options.services, overrides: options.overrides, staged: false }, ({ plan, workspace }) => {
    const { stdout } = invocation.host
    if (options.json) {
      const services = [...workspace.services.values()].map(({ name, dir, builds, image }) => ({
        name,
        directory: dir,
        builds: [...builds.keys()],
        image: image !== null,
      }))
      const libraries = [...workspace.libraries.values()].map(({ name, dir }) => ({ name, directory: dir }))
      stdout.write(`${JSON.stringify({ ...planToJson(plan), services, libraries })}\n`)
    } else {
      stdout.write(renderTargets(plan, { color: invocation.colorOf(stdout) }))
    }
    return EXIT.done
  })
}
