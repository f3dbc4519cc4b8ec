import type { Plan } from '@orchestrate/plan'
import { describeReason } from './describe-reason.ts'
import { createPaint } from './paint.ts'
import { renderTable } from './table.ts'

/** `ls`: services with their directory, libraries, and every target with its state. */
export function renderTargets(plan: Plan, options: { readonly color: boolean }): string {
  const paint = createPaint(options.color)
  const { workspace } = plan.graph
  const rows = [...plan.targets.values()].map((target) => [
    target.id,
    target.kind,
    target.service === null ? '-' : workspace.services.get(target.service)?.dir || '.',
    target.decision,
    target.reasons[0] === undefined ? '' : describeReason(target.reasons[0]),
  ])
  const [head = '', ...lines] = renderTable(
    ['TARGET', 'KIND', 'DIRECTORY', 'STATE', 'REASON'].map((title) => ({ title, align: 'left' as const })),
    rows,
  )
  const libraries = [...workspace.libraries.values()].map((library) => `${library.name}  ${library.dir || '.'}`)
  return [paint('bold', head), ...lines, ...(libraries.length === 0 ? [] : ['', paint('bold', 'LIBRARIES'), ...libraries]), ''].join('\n')
}
