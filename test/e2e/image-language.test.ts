import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { apiRig, shown } from './api-rig.ts'
import type { FinishedTarget } from './rig.ts'

const BASE = `version: 1
service: base
image:
  from: { toolchain: busybox }
  env: { BASE: "1" }
  files: [{ source: motd, to: /etc/motd }]
`

const ON_BASE = `version: 1
service: api
build: { toolchain: busybox, run: cp main.txt /out/app, inputs: [main.txt], outputs: [app] }
image:
  from: { service: base }
  layers: [deps]
  files:
    - { content: dep, to: /srv/dep, layer: deps }
    - { artifact: build/app, to: /srv/app }
  volumes: [/data]
  stopSignal: SIGINT
  healthcheck: { test: cat /srv/app, interval: 2s, retries: 2 }
`

const withBase = (motd: string) => ({ 'base/builder.yaml': BASE, 'base/motd': motd })

test('an image on the image of another service shares its layers, and stands still when the base is the same again', async () => {
  using rig = apiRig(ON_BASE, withBase('hello\n'), 'embedded')
  const first = await rig.apply('--output', 'oci:out', '--no-load')
  expect([first.stderr, first.code]).toEqual(['', 0])
  const [base, api] = [inspect(rig.root, 'base'), inspect(rig.root, 'api')]
  expect(api.layers.slice(0, base.layers.length)).toEqual(base.layers)
  expect(api.layers).toHaveLength(base.layers.length + 2)
  rig.write({ 'base/builder.yaml': `${BASE}  annotations: { team: base }\n` })
  const again = await rig.apply('--output', 'oci:out', '--no-load')
  expect(emitted(again.targets)).toEqual(['base:image'])
  rig.write(withBase('changed\n'))
  expect((await rig.plan()).targets.flatMap(({ id, reasons }) => reasons.map(({ kind }) => `${id} ${kind}`))).toEqual([
    'base:image input-changed',
    'base:image definition-changed',
    'api:image need-acts',
  ])
  const changed = await rig.apply('--output', 'oci:out', '--no-load')
  expect(emitted(changed.targets)).toEqual(['base:image', 'api:image'])
  expect(inspect(rig.root, 'api').layers.slice(-2)).toEqual(api.layers.slice(-2))
})

test('time zones that the toolchain does not have are an error that says what to add', async () => {
  using rig = apiRig(ON_BASE.replace('  volumes', '  timezones: true\n  volumes'), withBase('hello\n'), 'embedded')
  expect(await shown(rig, 'apply', '--no-load', '--output', 'oci:out')).toContain(
    'toolchain "busybox" has no /usr/share/zoneinfo, which "timezones" takes from it',
  )
})

function emitted(targets: ReadonlyMap<string, FinishedTarget>): readonly string[] {
  return [...targets.values()].filter(({ decision }) => decision === 'emit').map(({ id }) => id)
}

function inspect(root: string, service: string): { readonly layers: readonly string[] } {
  const out = execFileSync('skopeo', ['inspect', `oci:${join(root, 'out')}:tiny/${service}:latest`], { encoding: 'utf8' })
  return { layers: JSON.parse(out).Layers }
}
