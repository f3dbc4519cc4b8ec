import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { addBusybox, createRig, type Rig, ROOT } from './rig.ts'

const SERVICE = (text: string): string => `version: 1
service: web
build: { toolchain: busybox, run: "echo ${text} > /out/app; chmod 755 /out/app", inputs: [], outputs: [app] }
image: { files: [{ artifact: build/app, to: /bin/app }], entrypoint: [/bin/app] }
`

function rigOf(): Rig {
  const rig = createRig({ 'builder.yaml': ROOT, 'web/builder.yaml': SERVICE('one') }, 'embedded')
  addBusybox(rig)
  return rig
}

describe('orchestrate image', () => {
  it('shows what was emitted, and how it differs from an image that was written before', async () => {
    using rig = rigOf()
    expect(await rig.run(['image', 'web'])).toEqual({
      code: 64,
      stdout: '',
      stderr: 'error: the store has no image of service "web"\n  = help: emit it with `orchestrate apply web`\n',
    })
    expect((await rig.apply('--output', 'oci:images')).code).toBe(0)
    const shown = await rig.run(['image', 'web', '--files'])
    expect([shown.code, shown.stderr]).toEqual([0, ''])
    expect(
      shown.stdout
        .split('\n')
        .slice(1)
        .map((line) => line.replaceAll(/sha256:[0-9a-f]{12}/g, 'DIFF-ID')),
    ).toEqual([
      expect.stringMatching(/^[\d.]+ KiB in 1 layer \(its toolchain: [\d.]+ MiB\), linux\/amd64$/),
      '  Entrypoint  ["/bin/app"]',
      '',
      'LAYER       SIZE  FILES  FROM'.replace('LAYER ', `LAYER${' '.repeat(13)}`),
      expect.stringMatching(/^DIFF-ID +[\d.]+ KiB {6}1 {2}orchestrate: files$/),
      '',
      'd0755 0:0                    /bin',
      '-0755 0:0               4 B  /bin/app',
      '',
    ])
    expect((await rig.run(['image', 'web', '--diff', 'oci:images'])).stdout).toBe('the images hold the same files and the same config\n')
    rig.write({ 'web/builder.yaml': SERVICE('three') })
    expect(await rig.run(['image', 'web', '--diff', 'oci:images'])).toEqual({
      code: 0,
      stdout: 'the images hold the same files and the same config\n',
      stderr: 'the image of "web" is not up to date: this is what was emitted last\n',
    })
    expect((await rig.apply()).code).toBe(0)
    expect((await rig.run(['image', 'web', '--diff', 'oci:images:tiny/web:latest'])).stdout).toBe('~ /bin/app  size 4 B -> 6 B\n')
  })

  it('notices a layout that is damaged, and names that are unknown', async () => {
    using rig = rigOf()
    expect((await rig.apply('--output', 'oci:images')).code).toBe(0)
    const other = await rig.run(['image', 'web', '--diff', 'oci:images:x'])
    expect([other.code, other.stderr]).toEqual([
      5,
      `error[image/not-readable]: "${rig.root}/images" has no image "x"\n  = help: it has: tiny/web:latest\n`,
    ])
    const blobs = join(rig.root, 'images/blobs/sha256')
    for (const name of readdirSync(blobs)) {
      const content = readFileSync(join(blobs, name))
      if (content[0] !== 0x1f) continue
      content[content.length - 1000] = (content[content.length - 1000] ?? 0) ^ 1
      writeFileSync(join(blobs, name), content)
    }
    const damaged = await rig.run(['image', 'oci:images'])
    expect([damaged.code, damaged.stdout]).toEqual([7, ''])
    expect(damaged.stderr).toMatch(/^error\[image\/not-readable\]: a layer cannot be read: /)
    expect((await rig.run(['image', 'wbe'])).stderr).toBe('error: no service or target is named "wbe"\n  = help: did you mean "web"?\n')
  })
})
