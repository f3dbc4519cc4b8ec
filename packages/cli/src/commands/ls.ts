import { planToJson } from '@orchestrate/plan'
import { renderTargets } from '@orchestrate/report'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { planWorkspace } from '../plan-workspace.ts'
import type { Invocation } from '../invocation.ts'
import { openSession } from '../session.ts'
import { stopCommand } from '../stop.ts'

export interface LsOptions {
  readonly services: readonly string[]
  readonly json: boolean
}

/** `orchestrate ls`: services, libraries and targets with their state. */
export async function ls(invocation: Invocation, options: LsOptions): Promise<ExitCode> {
  const opened = await openSession(invocation, { staged: false })
  if (!opened.ok) return stopCommand(invocation, opened.error)
  await using session = opened.value
  const planned = await planWorkspace(session, {
    services: options.services,
    force: false,
    locked: false,
    signal: new AbortController().signal,
  })
  if (!planned.ok) return stopCommand(invocation, planned.error)
  const { plan, workspace } = planned.value
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
}
