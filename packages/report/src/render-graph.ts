import { assertNever } from '@orchestrate/core'
import type { GraphNode, GraphView } from './graph-view.ts'
import { createPaint, type Paint } from './paint.ts'

export type GraphFormat = 'text' | 'dot' | 'mermaid' | 'json'

/** `orchestrate graph`: a tree for people, or a form that other programs draw. */
export function renderGraph(view: GraphView, format: GraphFormat, options: { readonly color: boolean }): string {
  switch (format) {
    case 'text':
      return renderTree(view, createPaint(options.color))
    case 'dot':
      return renderDot(view)
    case 'mermaid':
      return renderMermaid(view)
    case 'json':
      return `${JSON.stringify({ schemaVersion: 1, ...view })}\n`
    default:
      return assertNever(format)
  }
}

/** Roots are what nobody needs; what a tree has shown already is named again, not unfolded again. */
function renderTree({ nodes }: GraphView, paint: Paint): string {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const needed = new Set(nodes.flatMap(({ needs }) => needs))
  const shown = new Set<string>()
  const lines: string[] = []
  const waiting = nodes.filter(({ id }) => !needed.has(id)).map((node): Branch => ({ node, lead: '', stem: '' }))
  for (let branch = waiting.shift(); branch !== undefined; branch = waiting.shift()) {
    const { node, lead, stem } = branch
    const again = shown.has(node.id) && node.needs.length > 0
    shown.add(node.id)
    lines.push(`${paint('dim', lead)}${label(node, paint)}${again ? paint('dim', ' (see above)') : ''}`)
    if (!again) waiting.unshift(...branchesOf(node, stem, byId))
  }
  return lines.map((line) => `${line}\n`).join('')
}

interface Branch {
  readonly node: GraphNode
  /** What stands before the node itself, and before what it needs. */
  readonly lead: string
  readonly stem: string
}

function branchesOf({ needs }: GraphNode, stem: string, byId: ReadonlyMap<string, GraphNode>): readonly Branch[] {
  const nodes = needs.flatMap((id) => byId.get(id) ?? [])
  return nodes.map((node, index) => {
    const last = index === nodes.length - 1
    return { node, lead: `${stem}${last ? '└─ ' : '├─ '}`, stem: `${stem}${last ? '   ' : '│  '}` }
  })
}

function label({ id, state }: GraphNode, paint: Paint): string {
  return state === 'current' ? id : `${paint('bold', id)} ${paint('yellow', `(${state})`)}`
}

/** @see https://graphviz.org/doc/info/lang.html */
function renderDot({ workspace, nodes }: GraphView): string {
  const quoted = (text: string): string => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
  return [
    `digraph ${quoted(workspace)} {`,
    '  rankdir=LR;',
    '  node [shape=box];',
    ...nodes.map(
      ({ id, kind, state }) => `  ${quoted(id)} [class=${quoted(`${kind} ${state}`)}${state === 'current' ? '' : ', style=bold'}];`,
    ),
    ...nodes.flatMap(({ id, needs }) => needs.map((need) => `  ${quoted(id)} -> ${quoted(need)};`)),
    '}',
    '',
  ].join('\n')
}

/** Nodes get ids of their own: names may hold what Mermaid's grammar reserves. @see https://mermaid.js.org/syntax/flowchart.html */
function renderMermaid({ nodes }: GraphView): string {
  const numbers = new Map(nodes.map(({ id }, index) => [id, `n${index}`]))
  const acting = nodes.flatMap(({ id, state }) => (state === 'current' ? [] : [numbers.get(id) ?? '']))
  return [
    'flowchart LR',
    ...nodes.map(({ id }) => `  ${numbers.get(id)}["${id.replaceAll('#', '#35;').replaceAll('"', '#quot;')}"]`),
    ...nodes.flatMap(({ id, needs }) => needs.map((need) => `  ${numbers.get(id)} --> ${numbers.get(need)}`)),
    ...(acting.length === 0 ? [] : ['  classDef acts stroke-width:3px', `  class ${acting.join(',')} acts`]),
    '',
  ].join('\n')
}
