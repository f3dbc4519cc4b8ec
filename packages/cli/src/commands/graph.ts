import { type GraphFormat, renderGraph, viewServices, viewTargets } from '@orchestrate/report'
import { EXIT, type ExitCode } from '../exit-code.ts'
import type { Invocation } from '../invocation.ts'
import { withOutline } from '../with-outline.ts'

export interface GraphOptions {
  readonly services: readonly string[]
  readonly format: GraphFormat
  /** Every target instead of services. */
  readonly targets: boolean
}

/** `orchestrate graph`: what needs what, and what of it acts. */
export async function graph(invocation: Invocation, { services, format, targets }: GraphOptions): Promise<ExitCode> {
  return withOutline(invocation, { services, staged: false }, (plan) => {
    const { stdout } = invocation.host
    stdout.write(renderGraph(targets ? viewTargets(plan) : viewServices(plan), format, { color: invocation.colorOf(stdout) }))
    return EXIT.done
  })
}
