import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { longRig, startApply } from '../e2e/long-apply.ts'
import { addBusybox, createRig, executable, type Rig, ROOT, runProcess } from '../e2e/rig.ts'

/** How many times a run is killed in one test, each time a little later. */
const KILLS = process.env['ORCHESTRATE_NIGHTLY'] === '1' ? 80 : 12
/** Milliseconds between the moments of two kills. */
const STEP = process.env['ORCHESTRATE_NIGHTLY'] === '1' ? 8 : 40

/** Processes and mounts of this machine that have to do with a rig, those of this test aside. */
function traces(rig: Rig): readonly string[] {
  const store = rig.store
  const processes = execFileSync('ps', ['-eo', 'pid,args', '--no-headers'], { encoding: 'utf8' }).split('\n')
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n')
  return [...processes, ...mounts].filter((line) => line.includes(store))
}

/** Directories of containers, and cgroups, that runs of this rig have left. */
function leftovers(rig: Rig): readonly string[] {
  const runs = join(rig.store, 'embedded/runs')
  const directories = existsSync(runs) ? readdirSync(runs).flatMap((run) => readdirSync(join(runs, run))) : []
  return directories.toSorted()
}

async function untilGone(rig: Rig, seconds: number): Promise<readonly string[]> {
  for (const end = Date.now() + seconds * 1000; traces(rig).length > 0 && Date.now() < end; ) await delay(50)
  return traces(rig)
}

const cgroupsOf = (names: readonly string[]): readonly string[] =>
  names.flatMap((name) => ['pids', 'memory'].map((kind) => `/sys/fs/cgroup/${kind}/${name}`)).filter((path) => existsSync(path))

describe('an interrupted apply on the embedded engine', () => {
  it('stops the builders, keeps what is finished, prints the summary and exits 130', async () => {
    using rig = longRig('echo ready; sleep 600', 'embedded')
    using run = await startApply(rig)
    run.kill('SIGINT')
    expect(await run.ended).toEqual({ code: 130, signal: null })
    const last = run.events.at(-1)
    expect(last?.targets?.map(({ id, outcome }) => `${id} ${outcome}`)).toEqual([
      'toolchain:busybox succeeded',
      'quick:build succeeded',
      'slow:build cancelled',
    ])
    expect([traces(rig), leftovers(rig)]).toEqual([[], []])
  })

  it('kills a builder that ignores being asked, and exits within three seconds of the second interrupt', async () => {
    using rig = longRig("trap '' TERM INT; echo ready; while :; do sleep 1; done", 'embedded')
    using run = await startApply(rig)
    run.kill('SIGINT')
    await delay(200)
    const second = Date.now()
    run.kill('SIGINT')
    expect((await run.ended).code).toBe(130)
    expect(Date.now() - second).toBeLessThan(3000)
    expect([await untilGone(rig, 10), leftovers(rig)]).toEqual([[], []])
  })

  it('leaves no process, mount or cgroup ten seconds after kill -9, and no directory after the next command', async () => {
    using rig = longRig('(setsid sleep 600 &); echo ready; sleep 600', 'embedded')
    using run = await startApply(rig)
    const names = leftovers(rig)
    expect(names).toHaveLength(1)
    run.kill('SIGKILL')
    await run.ended
    expect(await untilGone(rig, 10)).toEqual([])
    const { code } = await rig.run(['apply', 'quick', '--force'])
    expect([code, leftovers(rig), cgroupsOf(names)]).toEqual([0, [], []])
  })

  it(`leaves nothing whenever it is killed: ${KILLS} moments`, async () => {
    using rig = longRig('echo ready; sleep 0.2', 'embedded')
    for (let moment = 0; moment < KILLS; moment++) {
      const killed = runProcess(
        'timeout',
        ['--signal=KILL', `${((moment + 1) * STEP) / 1000}`, process.execPath, executable, 'apply', '--force'],
        {
          cwd: rig.root,
          env: rig.env,
        },
      )
      await killed
      expect([moment, await untilGone(rig, 10)]).toEqual([moment, []])
    }
    const { code, stderr } = await rig.run(['apply'])
    expect([code, leftovers(rig)], stderr).toEqual([0, []])
    expect((await rig.plan()).summary).toMatchObject({ build: 0, current: 3 })
  })
})

it('32 runs at once on one store do not meet', async () => {
  using rig = createRig(
    {
      'builder.yaml': ROOT,
      'api/builder.yaml':
        'version: 1\nservice: api\nbuild: { toolchain: busybox, run: "cat /proc/sys/kernel/random/uuid > /tmp/own; sleep 0.1; test $(ls /tmp | wc -l) = 1; echo done > /out/app", inputs: [], outputs: [app] }\n',
    },
    'embedded',
  )
  addBusybox(rig)
  await rig.run(['lock'])
  const runs = await Promise.all(Array.from({ length: 32 }, () => rig.run(['apply', '--force'])))
  expect(runs.filter(({ code }) => code !== 0).map(({ stderr }) => stderr)).toEqual([])
  expect([traces(rig), leftovers(rig)]).toEqual([[], []])
})
