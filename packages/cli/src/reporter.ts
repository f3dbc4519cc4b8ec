import type { BuildEvent, EmitEvent, TargetSummary } from '@orchestrate/core'
import { humanReporter, jsonReporter } from '@orchestrate/report'
import type { Invocation } from './invocation.ts'

export interface Reporter {
  readonly report: EmitEvent
  /** Whether it shows what builders write while they run. */
  readonly showsOutput: boolean
}

/** Human lines go to stderr, JSON lines to stdout. */
export function createReporter({ host, colorOf }: Invocation, options: { readonly json: boolean }): Reporter {
  if (options.json) return { report: jsonReporter({ write: host.stdout.write }), showsOutput: true }
  const githubActions = host.env['GITHUB_ACTIONS'] === 'true'
  const report = humanReporter({ write: host.stderr.write, color: colorOf(host.stderr), githubActions, showHits: true })
  return { report, showsOutput: githubActions }
}

/** For a run that has nothing to do but to hand images over: what went wrong is shown at its end. */
export function quietReporter(invocation: Invocation): Reporter {
  const loud = createReporter(invocation, { json: false })
  const shown = new Set<BuildEvent['type']>(['engine-chosen', 'image-delivered', 'notice', 'target-finished'])
  return {
    showsOutput: false,
    report: (event) => {
      const failed = event.type === 'run-finished' && event.outcome === 'failed'
      if (failed || shown.has(event.type)) loud.report(event)
    },
  }
}

/** The results of a run, one line an image: its reference and its digest. */
export function printImages({ host }: Invocation, targets: readonly TargetSummary[]): void {
  for (const { image } of targets)
    if (image !== null) host.stdout.write(`${image.reference === null ? '' : `${image.reference} `}${image.digest}\n`)
}
