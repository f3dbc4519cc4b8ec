import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { addBusybox, createRig, executable, type Rig, ROOT } from '../e2e/rig.ts'

const RUN_LABEL = 'dev.orchestrate.run'

const docker = (...args: readonly string[]): string => execFileSync('docker', args, { encoding: 'utf8' }).trim()

/** A service that is done at once, and one whose builder says `ready` and then runs until it is ended. */
function longRig(script: string): Rig {
  const rig = createRig({
    'builder.yaml': ROOT,
    'quick/builder.yaml':
      'version: 1\nservice: quick\nbuild: { toolchain: busybox, run: "echo quick > /out/app", inputs: [], outputs: [app] }\n',
    'slow/builder.yaml': `version: 1\nservice: slow\nbuild:\n  toolchain: busybox\n  run: |\n    ${script}\n  needs: [{ artifact: "quick:build/app", to: /opt/quick }]\n  inputs: []\n  outputs: []\n`,
  })
  addBusybox(rig)
  return rig
}

interface Started extends Disposable {
  /** What the run labels its objects with. */
  readonly id: string
  readonly kill: (signal: NodeJS.Signals) => void
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>
  readonly events: readonly {
    readonly type: string
    readonly outcome?: string
    readonly targets?: readonly { readonly id: string; readonly outcome: string }[]
  }[]
}

/** The run of the builder that sees the rig's store. */
function runIdOf(rig: Rig): string {
  const running = docker(
    'ps',
    '--all',
    '--no-trunc',
    '--filter',
    `label=${RUN_LABEL}`,
    '--format',
    `{{.Label "${RUN_LABEL}"}}\t{{.Mounts}}`,
  ).split('\n')
  const [runId] = running.find((line) => line.includes(rig.store))?.split('\t') ?? []
  if (runId === undefined) throw new Error(`no builder of this rig among: ${running.join(', ')}`)
  return runId
}

/** Starts apply and resolves once the slow builder has said `ready`. */
async function startApply(rig: Rig): Promise<Started> {
  const child = spawn(process.execPath, [executable, 'apply', '--json', '--no-load'], {
    cwd: rig.root,
    env: rig.env,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const events: Started['events'][number][] = []
  const ended = once(child, 'close').then(([code, signal]: unknown[]) => ({
    code: code as number | null,
    signal: signal as NodeJS.Signals | null,
  }))
  await new Promise<void>((ready, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const event = JSON.parse(line) as Started['events'][number] & { readonly line?: string }
      events.push(event)
      if (event.type === 'target-output' && event.line === 'ready') ready()
    })
    void ended.then(({ code }) => reject(new Error(`ended with ${code} before the builder was ready`)))
  })
  try {
    return { id: runIdOf(rig), kill: (signal) => void child.kill(signal), ended, events, [Symbol.dispose]: () => void child.kill('SIGINT') }
  } catch (error) {
    child.kill('SIGINT')
    throw error
  }
}

/** Containers and volumes of one run: other tests have runs of their own at the same time. */
const leftovers = (runId: string): string =>
  [docker('ps', '-aq', '--filter', `label=${RUN_LABEL}=${runId}`), docker('volume', 'ls', '-q', '--filter', `label=${RUN_LABEL}=${runId}`)]
    .join('\n')
    .trim()

/** Asks until nothing is left, for at most `seconds`. */
async function untilClean(runId: string, seconds: number): Promise<string> {
  for (const end = Date.now() + seconds * 1000; leftovers(runId) !== '' && Date.now() < end; ) await delay(100)
  return leftovers(runId)
}

describe('an interrupted apply', () => {
  it('stops the builders, keeps what is finished, prints the summary and exits 130', async () => {
    using rig = longRig('echo ready; sleep 600')
    using run = await startApply(rig)
    run.kill('SIGINT')
    expect(await run.ended).toEqual({ code: 130, signal: null })
    const last = run.events.at(-1)
    expect([last?.type, last?.outcome]).toEqual(['run-finished', 'cancelled'])
    expect(last?.targets?.map(({ id, outcome }) => `${id} ${outcome}`)).toEqual([
      'toolchain:busybox succeeded',
      'quick:build succeeded',
      'slow:build cancelled',
    ])
    expect(leftovers(run.id)).toBe('')
    const plan = await rig.plan()
    expect(plan.targets.map(({ id, decision }) => `${id} ${decision}`)).toEqual([
      'toolchain:busybox current',
      'quick:build current',
      'slow:build build',
    ])
  })

  it('kills a builder that ignores being asked, and exits within three seconds of the second interrupt', async () => {
    using rig = longRig("trap '' TERM INT; echo ready; while :; do sleep 1; done")
    using run = await startApply(rig)
    run.kill('SIGINT')
    await delay(200)
    const second = Date.now()
    run.kill('SIGINT')
    expect((await run.ended).code).toBe(130)
    expect(Date.now() - second).toBeLessThan(3000)
    expect(await untilClean(run.id, 10)).toBe('')
  })

  it('leaves nothing labelled ten seconds after kill -9, and an intact store', async () => {
    using rig = longRig('echo ready; sleep 600')
    using run = await startApply(rig)
    run.kill('SIGKILL')
    await run.ended
    expect(await untilClean(run.id, 10)).toBe('')
    expect((await rig.plan()).targets.find(({ id }) => id === 'quick:build')?.decision).toBe('current')
  })

  it('exits 143 when it is terminated', async () => {
    using rig = longRig('echo ready; sleep 600')
    using run = await startApply(rig)
    run.kill('SIGTERM')
    expect((await run.ended).code).toBe(143)
    expect(leftovers(run.id)).toBe('')
  })
})
