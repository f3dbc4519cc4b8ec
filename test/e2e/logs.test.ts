import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { longRig, startApply } from './long-apply.ts'
import { addBusybox, createRig, executable, type Rig, ROOT } from './rig.ts'

const SERVICE = (test: string): string => `version: 1
service: web
builds:
  bundle: { toolchain: busybox, run: "echo bundling; echo careful >&2; echo 1 > /out/app", inputs: [], outputs: [app] }
  quiet: { toolchain: busybox, run: "true", inputs: [], outputs: [] }
  test: { toolchain: busybox, run: "${test}", inputs: [], outputs: [] }
`

const TIMES = / at \d{4}-\d\d-\d\dT[\d:.]+Z in [\d.]+ m?s/g

/** Without times, and without where the store lies. */
function plain(rig: Rig, text: string): string {
  return text
    .replaceAll(TIMES, '')
    .replaceAll(rig.store, 'STORE')
    .replaceAll(/(logs|blobs)\/[0-9a-f]+/g, '$1/…')
}

describe('orchestrate logs', () => {
  it('prints what the last builds wrote: of a success, of a failure, of a hit', async () => {
    using rig = createRig({ 'builder.yaml': ROOT, 'web/builder.yaml': SERVICE('echo fine') }, 'embedded')
    addBusybox(rig)
    const never = await rig.run(['logs', 'web'])
    expect(never).toEqual({
      code: 64,
      stdout: '',
      stderr: 'error: "web" was never built in this workspace\n  = help: build it with `orchestrate apply web`\n',
    })
    expect((await rig.apply()).code).toBe(0)
    const good = await rig.run(['logs', 'web'])
    expect([good.code, good.stdout]).toEqual([0, 'bundling\ncareful\nfine\n'])
    expect(plain(rig, good.stderr).replaceAll(/: STORE\S*/g, ': PATH')).toBe(
      'web:bundle  succeeded: PATH\nweb:quiet  succeeded and wrote nothing\nweb:test  succeeded: PATH\n',
    )
    rig.write({ 'web/builder.yaml': SERVICE('echo broken; exit 3') })
    expect((await rig.apply()).code).toBe(1)
    const bad = await rig.run(['logs', 'web:test'])
    expect([bad.code, bad.stdout, plain(rig, bad.stderr)]).toEqual([
      0,
      'broken\n',
      'web:test  failed, or was stopped: STORE/logs/…/web~test.log\n',
    ])
    rig.write({ 'web/builder.yaml': SERVICE('echo fine') })
    expect((await rig.apply()).code).toBe(0)
    const hit = await rig.run(['logs', 'web:test'])
    expect([hit.code, hit.stdout]).toEqual([0, 'fine\n'])
  })

  it('says what there is when it does not know a name', async () => {
    using rig = createRig({ 'builder.yaml': ROOT, 'web/builder.yaml': SERVICE('true') }, 'embedded')
    addBusybox(rig)
    expect((await rig.run(['logs', 'wbe'])).stderr).toBe('error: no service is named "wbe"\n  = help: did you mean "web"?\n')
    expect((await rig.run(['logs', 'web:tset'])).stderr).toBe('error: service "web" has no build "tset"\n  = help: did you mean "test"?\n')
    expect(await rig.run(['logs', 'web:x'])).toEqual({
      code: 64,
      stdout: '',
      stderr: 'error: service "web" has no build "x"\n  = help: there are: bundle, quiet, test\n',
    })
  })

  it('follows a build that runs, and ends with it', async () => {
    using rig = longRig('echo ready; echo more; sleep 1000', 'embedded')
    using apply = await startApply(rig)
    const follower = spawn(process.execPath, [executable, 'logs', 'slow', '--follow'], { cwd: rig.root, env: rig.env })
    const ended = once(follower, 'close')
    let text = ''
    for await (const chunk of follower.stdout) {
      text += String(chunk)
      if (text === 'ready\nmore\n') apply.kill('SIGINT')
    }
    expect(await ended).toEqual([0, null])
    expect(text).toBe('ready\nmore\n')
    expect((await apply.ended).code).toBe(130)
  })
})
