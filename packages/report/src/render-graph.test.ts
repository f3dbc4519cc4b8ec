import { type DecisionKind, digestOf, type TargetId, type TargetKind } from '@orchestrate/core'
import type { PlanOutline } from '@orchestrate/plan'
import { describe, expect, it } from 'vitest'
import { type GraphView, viewServices, viewTargets } from './graph-view.ts'
import { renderGraph } from './render-graph.ts'

/** By id: its decision and what it needs. */
function planOf(targets: Readonly<Record<string, readonly [DecisionKind, ...needs: string[]]>>): PlanOutline {
  const outlined = Object.entries(targets).map(([id, [decision, ...needs]]) => {
    const [owner = '', part = ''] = id.split(':')
    const kind: TargetKind = owner === 'toolchain' ? 'toolchain' : part === 'image' ? 'image' : 'build'
    return [
      id as TargetId,
      {
        id: id as TargetId,
        kind,
        service: kind === 'toolchain' ? null : owner,
        decision,
        reasons: [],
        recipe: digestOf(id),
        fingerprint: null,
        mayStop: false,
        needs: needs as unknown as readonly TargetId[],
        estimatedSeconds: null,
      },
    ] as const
  })
  return {
    graph: { workspace: { name: 'shop' } },
    targets: new Map(outlined),
    summary: { build: 0, restore: 0, emit: 0, current: 0, blocked: 0 },
  }
}

const SHOP = planOf({
  'toolchain:go': ['current'],
  'api:schema': ['current', 'toolchain:go'],
  'web:build': ['build', 'api:schema', 'toolchain:go'],
  'web:image': ['emit', 'web:build'],
  'shop:build': ['current', 'api:schema', 'toolchain:go', 'web:build'],
})

const plain = { color: false }

describe('the graph of services', () => {
  it('is a tree from what nobody needs, which says what acts and unfolds nothing twice', () => {
    const view: GraphView = {
      workspace: 'w',
      nodes: [
        { id: 'base', kind: 'service', state: 'current', needs: [] },
        { id: 'api', kind: 'service', state: 'acts', needs: ['base'] },
        { id: 'web', kind: 'service', state: 'current', needs: ['api', 'base'] },
        { id: 'admin', kind: 'service', state: 'acts', needs: ['api'] },
        { id: 'alone', kind: 'service', state: 'current', needs: [] },
      ],
    }
    expect(renderGraph(view, 'text', plain)).toBe(
      ['web', '├─ api (acts)', '│  └─ base', '└─ base', 'admin (acts)', '└─ api (acts) (see above)', 'alone', ''].join('\n'),
    )
  })

  it('leaves toolchains out, and names each need once', () => {
    expect(viewServices(SHOP)).toEqual({
      workspace: 'shop',
      nodes: [
        { id: 'api', kind: 'service', state: 'current', needs: [] },
        { id: 'web', kind: 'service', state: 'acts', needs: ['api'] },
        { id: 'shop', kind: 'service', state: 'current', needs: ['api', 'web'] },
      ],
    })
  })

  it('is JSON for programs', () => {
    expect(JSON.parse(renderGraph(viewServices(SHOP), 'json', plain))).toEqual({ schemaVersion: 1, ...viewServices(SHOP) })
  })

  it('of no services is nothing', () => {
    expect(renderGraph({ workspace: 'w', nodes: [] }, 'text', plain)).toBe('')
  })

  it('of a chain of 2,000 is drawn without recursion', () => {
    const nodes = Array.from({ length: 2_000 }, (_, index) => ({
      id: `s${index}`,
      kind: 'service' as const,
      state: 'current' as const,
      needs: index === 0 ? [] : [`s${index - 1}`],
    }))
    expect(renderGraph({ workspace: 'w', nodes }, 'text', plain).split('\n')).toHaveLength(2_001)
  })
})

describe('the graph of targets', () => {
  it('has toolchains, builds and images with their decisions', () => {
    expect(renderGraph(viewTargets(SHOP), 'text', plain)).toBe(
      [
        'web:image (emit)',
        '└─ web:build (build)',
        '   ├─ api:schema',
        '   │  └─ toolchain:go',
        '   └─ toolchain:go',
        'shop:build',
        '├─ api:schema (see above)',
        '├─ toolchain:go',
        '└─ web:build (build) (see above)',
        '',
      ].join('\n'),
    )
  })

  it('is a graph for Graphviz, names escaped', () => {
    const view: GraphView = { workspace: 'a"b\\', nodes: viewTargets(SHOP).nodes.slice(0, 3) }
    expect(renderGraph(view, 'dot', plain)).toBe(
      [
        'digraph "a\\"b\\\\" {',
        '  rankdir=LR;',
        '  node [shape=box];',
        '  "toolchain:go" [class="toolchain current"];',
        '  "api:schema" [class="build current"];',
        '  "web:build" [class="build build", style=bold];',
        '  "api:schema" -> "toolchain:go";',
        '  "web:build" -> "api:schema";',
        '  "web:build" -> "toolchain:go";',
        '}',
        '',
      ].join('\n'),
    )
  })

  it('is a flowchart for Mermaid, whose ids no name can break', () => {
    const view: GraphView = {
      workspace: 'w',
      nodes: [
        { id: 'end', kind: 'service', state: 'current', needs: [] },
        { id: 'a"#b', kind: 'service', state: 'acts', needs: ['end'] },
      ],
    }
    expect(renderGraph(view, 'mermaid', plain)).toBe(
      [
        'flowchart LR',
        '  n0["end"]',
        '  n1["a#quot;#35;b"]',
        '  n1 --> n0',
        '  classDef acts stroke-width:3px',
        '  class n1 acts',
        '',
      ].join('\n'),
    )
  })
})
