import type { EmitEvent, TargetSummary } from '@orchestrate/core'
import { humanReporter, jsonReporter } from '@orchestrate/report'
import type { Invocation } from './invocation.ts'

/** Human lines go to stderr, JSON lines to stdout. */
export function createReporter({ host, colorOf }: Invocation, options: { readonly json: boolean }): EmitEvent {
  if (options.json) return jsonReporter({ write: host.stdout.write })
  return humanReporter({
    write: host.stderr.write,
    color: colorOf(host.stderr),
    githubActions: host.env['GITHUB_ACTIONS'] === 'true',
    showHits: true,
  })
}

/** The results of a run, one line an image: its reference and its digest. */
export function printImages({ host }: Invocation, targets: readonly TargetSummary[]): void {
  for (const { image } of targets)
    if (image !== null) host.stdout.write(`${image.reference === null ? '' : `${image.reference} `}${image.digest}\n`)
}
