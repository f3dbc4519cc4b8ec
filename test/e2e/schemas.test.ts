import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { addBusybox, createRig, ROOT } from './rig.ts'

const schemas = resolve(dirname(fileURLToPath(import.meta.url)), '../../schemas')

function validator(name: string): ValidateFunction {
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true })
  const read = (file: string): object => JSON.parse(readFileSync(join(schemas, file), 'utf8')) as object
  if (name !== 'plan') ajv.addSchema(read('plan.schema.json'), 'plan.schema.json')
  return ajv.compile(read(`${name}.schema.json`))
}

const FILES = {
  'builder.yaml': ROOT,
  'api/builder.yaml':
    'version: 1\nservice: api\nbuild: { toolchain: busybox, run: "echo hello | tee /out/app", inputs: [], outputs: [app] }\nimage: { from: scratch, files: [{ artifact: build/app, to: /app }] }\n',
  'bad/builder.yaml':
    'version: 1\nservice: bad\nbuild: { toolchain: busybox, run: "exit 3", inputs: [], outputs: [app] }\nimage: { from: scratch, files: [{ artifact: build/app, to: /app }] }\n',
}

describe('what programs read', () => {
  it('is as the schemas say: every line of apply --json, the plan before and after, the graph, the causes, the store, the matrix, the findings', async () => {
    using rig = createRig(FILES, 'embedded')
    addBusybox(rig)
    const plan = validator('plan')
    expect([plan(JSON.parse((await rig.run(['plan', '--json'])).stdout)), plan.errors]).toEqual([true, null])
    const graph = validator('graph')
    for (const more of [[], ['--targets']]) {
      const { stdout } = await rig.run(['graph', '--format', 'json', ...more])
      expect([graph(JSON.parse(stdout)), graph.errors]).toEqual([true, null])
    }
    const why = validator('why')
    expect([why(JSON.parse((await rig.run(['why', 'api', '--json'])).stdout)), why.errors]).toEqual([true, null])
    const stats = validator('cache-stats')
    expect([stats(JSON.parse((await rig.run(['cache', 'stats', '--json'])).stdout)), stats.errors]).toEqual([true, null])
    const verified = validator('cache-verify')
    expect([verified(JSON.parse((await rig.run(['cache', 'verify', '--json'])).stdout)), verified.errors]).toEqual([true, null])
    const matrix = validator('matrix')
    expect([matrix(JSON.parse((await rig.run(['ci', 'matrix'])).stdout)), matrix.errors]).toEqual([true, null])
    const event = validator('events')
    const { events } = await rig.apply('--output', 'oci:images')
    expect(events.filter((line) => !event(line))).toEqual([])
    expect(new Set(events.map((line) => line.type))).toEqual(
      new Set(['engine-chosen', 'run-started', 'target-started', 'target-output', 'target-finished', 'image-delivered', 'run-finished']),
    )
    expect([plan(JSON.parse((await rig.run(['plan', '--json'])).stdout)), plan.errors]).toEqual([true, null])
    rig.write({ 'bad/builder.yaml': 'version: 1\nservice: bad\nbuild: {}\n' })
    const findings = validator('diagnostics')
    expect([findings(JSON.parse((await rig.run(['validate', '--json'])).stdout)), findings.errors]).toEqual([true, null])
  })
})
