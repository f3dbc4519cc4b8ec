import { appendFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { apiRig, shown } from './api-rig.ts'
import { type Rig, ROOT } from './rig.ts'

const BASE = 'version: 1\nservice: base\nimage: { from: { toolchain: busybox }, files: [{ content: hello, to: /etc/motd }] }\n'
const API = `version: 1
service: api
build: { toolchain: built, run: "cat /etc/motd main.txt > /out/app", inputs: [main.txt], outputs: [app] }
image: { files: [{ artifact: build/app, to: /app }] }
`
const WITH_ARCHIVE = `${ROOT}  built: { archive: "oci:images:tiny/base:latest" }\n`

test.each(['embedded', 'docker'] as const)(
  'a toolchain of several layers out of an OCI layout runs builders on the %s engine',
  async (engine) => {
    using rig = await rigWithLayout(engine)
    expect((await rig.apply('api', '--no-load')).targets.get('api:image')?.image?.digest).toBe(
      'sha256:695c771a2480f061897f0dc45d17e6da9ef77a164941f0c5bdcad9c55bfc0bf0',
    )
    expect((await rig.plan('api')).summary).toMatchObject({ build: 0, emit: 0 })
  },
)

test('a layout that was damaged is refused with exit 7, and names the layer', async () => {
  using rig = await rigWithLayout('embedded')
  const blobs = join(rig.root, 'images/blobs/sha256')
  const [largest = ''] = readdirSync(blobs).toSorted((a, b) => statSync(join(blobs, b)).size - statSync(join(blobs, a)).size)
  appendFileSync(join(blobs, largest), 'x')
  const run = await shown(rig, 'apply', 'api', '--no-load')
  expect(run).toContain('exit 7')
  expect(run).toContain('the image "oci:images:tiny/base:latest" of toolchain "built" is damaged')
  expect(run).toContain('layer sha256:DIGEST has')
})

/** A workspace that has put the image of its service base into a layout, and takes it as a toolchain now. */
async function rigWithLayout(engine: 'docker' | 'embedded'): Promise<Rig> {
  const rig = apiRig(BASE, {}, engine)
  const made = await rig.apply('--no-load', '--output', 'oci:images')
  if (made.code !== 0) throw new Error(made.stderr)
  rig.write({ 'builder.yaml': WITH_ARCHIVE, 'api/builder.yaml': API })
  return rig
}
