import { expect, test } from 'vitest'
import { apiRig, shown } from './api-rig.ts'
import { ROOT } from './rig.ts'

const TEMPLATES = (edition: string) => `version: 1
templates:
  copy:
    params: { edition: { type: string, default: ${edition} } }
    build: { toolchain: busybox, run: "echo \${{ params.edition }} > /out/app", inputs: [main.txt], outputs: [app] }
`
const API = 'version: 1\nservice: api\nextends: copy\n'
const files = { 'builder.yaml': `${ROOT}include: [build/templates.yaml]\n`, 'build/templates.yaml': TEMPLATES('free') }

test('a template that the root includes is read, remembered, and read again when it has changed', async () => {
  using rig = apiRig(API, files, 'embedded')
  rig.git('init', '-q')
  rig.git('add', '-A')
  rig.git('commit', '-qm', 'all')
  expect((await rig.apply('--no-load')).code).toBe(0)
  rig.git('add', 'builder.lock')
  for (let time = 0; time < 3; time++) expect((await rig.plan()).summary).toMatchObject({ build: 0, current: 2 })
  rig.write({ 'build/templates.yaml': TEMPLATES('paid') })
  expect((await rig.plan()).summary).toMatchObject({ build: 1, current: 1 })
  expect((await rig.plan('--staged')).summary).toMatchObject({ build: 0, current: 2 })
  rig.git('add', '-A')
  expect((await rig.plan('--staged')).summary).toMatchObject({ build: 1, current: 1 })
})

test('--set changes plans, and is neither remembered nor hidden by what is', async () => {
  using rig = apiRig(API, files, 'embedded')
  rig.git('init', '-q')
  rig.git('add', '-A')
  rig.git('commit', '-qm', 'all')
  await rig.apply('--no-load')
  const set = ['--set', 'services.api.with.edition=pro']
  await rig.plan()
  expect((await rig.plan(...set)).targets.find(({ id }) => id === 'api:build')?.reasons).toEqual([
    { kind: 'definition-changed', field: 'command' },
  ])
  expect((await rig.apply('--no-load', ...set)).targets.get('api:build')?.decision).toBe('build')
  expect((await rig.plan(...set)).summary).toMatchObject({ build: 0 })
  expect((await rig.plan()).summary).toMatchObject({ build: 0 })
  expect(await shown(rig, 'plan', '--set', 'services.api.wiht.edition=pro')).toMatchInlineSnapshot(`
    "exit 64
    --- stderr
    error[config/unknown-key]: unknown key "wiht" in service "api"
     --> --set:1:14
      |
    1 | services.api.wiht.edition=pro
      |              ^^^^
      = help: did you mean "with"?"
  `)
})
