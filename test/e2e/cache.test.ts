import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { addBusybox, createRig, ROOT } from './rig.ts'

const FILES = {
  'builder.yaml': ROOT,
  'api/builder.yaml':
    'version: 1\nservice: api\nbuild: { toolchain: busybox, run: "echo an-artifact-of-its-own > /out/app", inputs: [], outputs: [app] }\n',
}

describe('orchestrate cache', () => {
  it('tells what the store takes up, from any directory', async () => {
    using rig = createRig(FILES, 'embedded')
    addBusybox(rig)
    expect(await rig.run(['cache', 'stats'], { cwd: '/' })).toEqual({ code: 0, stdout: `${rig.store}  0 B\n`, stderr: '' })
    expect((await rig.apply()).code).toBe(0)
    const { code, stdout } = await rig.run(['cache', 'stats'], { cwd: '/' })
    expect(code).toBe(0)
    const parts = stdout
      .split('\n')
      .slice(3, -1)
      .map((line) => line.split(/ {2,}/)[0])
    expect(parts).toEqual(expect.arrayContaining(['blobs', 'embedded/roots', 'records', 'workspaces']))
  })

  it('finds what is damaged; the next apply makes it again', async () => {
    using rig = createRig(FILES, 'embedded')
    addBusybox(rig)
    expect((await rig.apply()).code).toBe(0)
    const intact = await rig.run(['cache', 'verify'])
    expect([intact.code, intact.stdout]).toEqual([
      0,
      expect.stringMatching(/^\d+ blobs and \d+ records read in ".*": all are what they are named\n$/),
    ])
    const shelf = join(rig.store, 'blobs/sha256')
    const artifact = readdirSync(shelf)
      .flatMap((shard) => readdirSync(join(shelf, shard)).map((name) => join(shelf, shard, name)))
      .find((path) => readFileSync(path, 'latin1') === 'an-artifact-of-its-own\n')
    chmodSync(artifact ?? '', 0o644)
    writeFileSync(artifact ?? '', 'something else')
    const found = await rig.run(['cache', 'verify'])
    expect(found.code).toBe(7)
    expect(found.stdout.split('\n').map((line) => line.replace(/[0-9a-f]{64}/, 'HEX').replace(/^\d+ blobs.*": /, 'SUM: '))).toEqual([
      'damaged blob sha256:HEX: moved to quarantine',
      'SUM: 1 damaged; the next apply makes again what it needs of them',
      '',
    ])
    const again = await rig.apply()
    expect([again.code, again.targets.get('api:build')?.decision]).toEqual([0, 'build'])
    expect((await rig.run(['cache', 'verify'])).code).toBe(0)
  })
})
