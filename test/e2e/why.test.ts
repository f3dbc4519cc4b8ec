import { describe, expect, it } from 'vitest'
import { addBusybox, createRig, ROOT } from './rig.ts'

const BUILD = (rest: string): string => `{ toolchain: busybox, run: "cat * > /out/app", inputs: ["*.txt"], outputs: [app]${rest} }`
const FILES = {
  'builder.yaml': ROOT,
  'api/builder.yaml': `version: 1\nservice: api\nbuild: ${BUILD('')}\n`,
  'api/a.txt': 'a',
  'web/builder.yaml': `version: 1\nservice: web\nbuild: ${BUILD(', needs: [{ artifact: "api:build/app", to: api }]')}\nimage: { files: [{ artifact: build/app, to: /app }] }\n`,
  'web/w.txt': 'w',
}

describe('orchestrate why', () => {
  it('names what changed since the last good build, through what is needed', async () => {
    using rig = createRig(FILES, 'embedded')
    addBusybox(rig)
    const before = await rig.run(['why', 'api'])
    expect([before.code, before.stdout]).toEqual([0, 'api:build  build\n  never built\n  needs toolchain:busybox\n    never built\n'])
    expect((await rig.apply()).code).toBe(0)
    expect((await rig.run(['why', 'api:build'])).stdout).toBe('api:build  current: nothing that it is made of has changed\n')
    rig.write({ 'api/a.txt': 'b', 'api/new.txt': 'c' })
    const after = await rig.run(['why', 'web'])
    expect(after.stdout).toBe(
      [
        'web:image  emit',
        '  needs web:build',
        '    needs api:build',
        '      api/a.txt changed',
        '      api/new.txt is new',
        'web:build  build',
        '  needs api:build (see above)',
        '',
      ].join('\n'),
    )
  })

  it('suggests a name for one that it does not know', async () => {
    using rig = createRig(FILES, 'embedded')
    addBusybox(rig)
    expect(await rig.run(['why', 'web:biuld'])).toEqual({
      code: 64,
      stdout: '',
      stderr: 'error: no service or target is named "web:biuld"\n  = help: did you mean "web:build"?\n',
    })
    expect((await rig.run(['why', 'x'])).stderr).toBe('error: no service or target is named "x"\n  = help: see `orchestrate ls`\n')
  })
})
