import { readFileSync } from 'node:fs'
import { digestOf, type Reason, type TargetId } from '@orchestrate/core'
import { buildGraph } from '@orchestrate/graph'
import { identityOf, sampleInventory, SampleResults, sampleWorkspace } from '@orchestrate/testkit'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { plan } from './make-plan.ts'
import { planToJson } from './plan-to-json.ts'
import type { Plan } from './plan.ts'

describe('planToJson', () => {
  it('prints every target as the schema says', async () => {
    const json = planToJson(await samplePlan())
    expect(validate(json)).toEqual([])
    expect(json).toMatchObject({
      schemaVersion: 1,
      workspace: 'shop',
      summary: { build: 1, restore: 0, emit: 1, current: 1, blocked: 0 },
    })
    expect(json.targets[2]).toEqual({
      id: 'web:image',
      kind: 'image',
      service: 'web',
      decision: 'emit',
      reasons: [{ kind: 'never-built' }, { kind: 'need-acts', target: 'web:build' }],
      recipe: json.targets[2]?.recipe,
      fingerprint: null,
      mayStop: true,
      needs: ['web:build'],
      estimatedSeconds: null,
    })
  })

  it('has a place in the schema for every reason', async () => {
    const made = await samplePlan()
    const json = planToJson({ ...made, targets: new Map([...made.targets].map(([id, target]) => [id, { ...target, reasons: REASONS }])) })
    expect(validate(json)).toEqual([])
  })

  it('is rejected by the schema with a reason that is not one', async () => {
    const json = JSON.parse(JSON.stringify(planToJson(await samplePlan())))
    json.targets[0].reasons = [{ kind: 'input-changed' }]
    expect(validate(json)).not.toEqual([])
  })
})

const target = 'web:build' as TargetId

/** One for each kind: the type makes sure that none is missing. */
const REASONS: readonly Reason[] = Object.values({
  'never-built': { kind: 'never-built' },
  forced: { kind: 'forced' },
  'input-changed': { kind: 'input-changed', path: 'a' },
  'input-added': { kind: 'input-added', path: 'a' },
  'input-removed': { kind: 'input-removed', path: 'a' },
  'env-changed': { kind: 'env-changed', name: 'A' },
  'env-added': { kind: 'env-added', name: 'A' },
  'env-removed': { kind: 'env-removed', name: 'A' },
  'toolchain-changed': { kind: 'toolchain-changed', toolchain: 'go' },
  'toolchain-missing': { kind: 'toolchain-missing', toolchain: 'go' },
  'need-changed': { kind: 'need-changed', artifact: 'deps/app' },
  'need-acts': { kind: 'need-acts', target },
  'definition-changed': { kind: 'definition-changed', field: 'command' },
  'record-missing': { kind: 'record-missing' },
  'artifact-damaged': { kind: 'artifact-damaged', digest: digestOf('') },
  'gate-failed': { kind: 'gate-failed', target },
  'gate-pending': { kind: 'gate-pending', target },
  'last-run-failed': { kind: 'last-run-failed' },
} satisfies Readonly<Record<Reason['kind'], Reason>>)

const compiled: ValidateFunction = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(
  JSON.parse(readFileSync(new URL('../../../schemas/plan.schema.json', import.meta.url), 'utf8')),
)

function validate(value: unknown): readonly string[] {
  return compiled(value) ? [] : (compiled.errors ?? []).map((error) => `${error.instancePath} ${error.message}`)
}

async function samplePlan(): Promise<Plan> {
  const graph = buildGraph(sampleWorkspace({ services: { web: { builds: { build: {} }, image: { files: ['build/app'] } } } }))
  if (!graph.ok) throw new Error(JSON.stringify(graph.error))
  return plan(
    {
      graph: graph.value,
      inventory: sampleInventory({}),
      identities: new Map([['go', identityOf('toolchain:go')]]),
      selection: new Set(graph.value.targets.keys()),
      force: false,
      platform: { os: 'linux', architecture: 'amd64', variant: null },
    },
    new SampleResults(),
  )
}
