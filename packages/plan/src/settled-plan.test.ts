import { buildGraph, selectTargets } from '@orchestrate/graph'
import { identityOf, sampleInventory, SampleResults, sampleWorkspace } from '@orchestrate/testkit'
import { expect, it } from 'vitest'
import { plan } from './make-plan.ts'
import { planToJson } from './plan-to-json.ts'
import type { Plan } from './plan.ts'
import { packSettledPlan, unpackSettledPlan } from './settled-plan.ts'

it('shows the same before and after it was kept', async () => {
  const results = new SampleResults()
  results.apply(await shop(results))
  const settled = await shop(results)
  const kept = packSettledPlan(settled)
  expect(planToJson(unpackSettledPlan(kept ?? '', results))).toEqual(planToJson(settled))
  expect(planToJson(settled).targets.map(({ needs, estimatedSeconds }) => [needs, estimatedSeconds])).toEqual([
    [[], null],
    [['toolchain:go'], 1.5],
    [['web:bundle'], 1.5],
  ])
})

it('shows the estimates of today', async () => {
  const results = new SampleResults()
  results.apply(await shop(results))
  const kept = packSettledPlan(await shop(results)) ?? ''
  results.good.clear()
  expect([...unpackSettledPlan(kept, results).targets.values()].map(({ estimatedSeconds }) => estimatedSeconds)).toEqual([null, null, null])
})

it('is not kept while something acts, or a toolchain is not locked', async () => {
  const results = new SampleResults()
  expect(packSettledPlan(await shop(results))).toBeNull()
  results.apply(await shop(results))
  expect(packSettledPlan(await shop(results, { identities: new Map(), force: false }))).toBeNull()
  expect(packSettledPlan(await shop(results, { force: true }))).toBeNull()
})

interface Run {
  readonly force: boolean
  readonly identities?: ReadonlyMap<string, ReturnType<typeof identityOf>>
}

async function shop(
  results: SampleResults,
  { force, identities = new Map([['go', identityOf('toolchain:go')]]) }: Run = { force: false },
): Promise<Plan> {
  const graph = buildGraph(sampleWorkspace({ services: { web: { builds: { bundle: {} }, image: { files: ['bundle/app'] } } } }))
  if (!graph.ok) throw new Error(JSON.stringify(graph.error))
  const selection = selectTargets(graph.value, [], '' as never)
  if (!selection.ok) throw new Error(JSON.stringify(selection.error))
  const platform = { os: 'linux', architecture: 'amd64', variant: null } as const
  return plan({ graph: graph.value, inventory: sampleInventory({}), identities, selection: selection.value, force, platform }, results)
}
