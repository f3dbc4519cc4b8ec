import { sampleWorkspace } from '@orchestrate/testkit'
import { describe, expect, it } from 'vitest'
import { buildGraph } from './build-graph-from-workspace.ts'
import { remainingSeconds } from './remaining-seconds.ts'

describe('remainingSeconds', () => {
  const services = {
    a: { builds: { lib: {}, one: { needs: ['lib/app'] }, two: { needs: ['lib/app'] } }, image: { files: ['one/app', 'two/app'] } },
  }
  const seconds: Record<string, number> = { 'toolchain:go': 1, 'a:lib': 10, 'a:one': 5, 'a:two': 20, 'a:image': 2 }

  it('sums the longest way to the end', () => {
    expect(remaining(() => true)).toEqual({ 'toolchain:go': 33, 'a:lib': 32, 'a:one': 7, 'a:two': 22, 'a:image': 2 })
  })

  it('leaves out what is not asked for', () => {
    expect(remaining((id) => id !== 'a:two')).toEqual({ 'toolchain:go': 18, 'a:lib': 17, 'a:one': 7, 'a:image': 2 })
  })

  function remaining(wanted: (id: string) => boolean): Record<string, number> {
    const graph = buildGraph(sampleWorkspace({ services }))
    if (!graph.ok) throw new Error('no graph')
    const ids = [...graph.value.targets.keys()].filter(wanted)
    return Object.fromEntries(remainingSeconds(graph.value, ids, (id) => seconds[id] ?? 0))
  }
})
