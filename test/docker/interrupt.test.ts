import { execFileSync } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { longRig, startApply } from '../e2e/long-apply.ts'
import type { Rig } from '../e2e/rig.ts'

const RUN_LABEL = 'dev.orchestrate.run'

const docker = (...args: readonly string[]): string => execFileSync('docker', args, { encoding: 'utf8' }).trim()

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
    using rig = longRig('echo ready; sleep 600', 'docker')
    using run = await startApply(rig)
    const runId = runIdOf(rig)
    run.kill('SIGINT')
    expect(await run.ended).toEqual({ code: 130, signal: null })
    const last = run.events.at(-1)
    expect([last?.type, last?.outcome]).toEqual(['run-finished', 'cancelled'])
    expect(last?.targets?.map(({ id, outcome }) => `${id} ${outcome}`)).toEqual([
      'toolchain:busybox succeeded',
      'quick:build succeeded',
      'slow:build cancelled',
    ])
    expect(leftovers(runId)).toBe('')
    const plan = await rig.plan()
    expect(plan.targets.map(({ id, decision }) => `${id} ${decision}`)).toEqual([
      'toolchain:busybox current',
      'quick:build current',
      'slow:build build',
    ])
  })

  it('kills a builder that ignores being asked, and exits within three seconds of the second interrupt', async () => {
    using rig = longRig("trap '' TERM INT; echo ready; while :; do sleep 1; done", 'docker')
    using run = await startApply(rig)
    const runId = runIdOf(rig)
    run.kill('SIGINT')
    await delay(200)
    const second = Date.now()
    run.kill('SIGINT')
    expect((await run.ended).code).toBe(130)
    expect(Date.now() - second).toBeLessThan(3000)
    expect(await untilClean(runId, 10)).toBe('')
  })

  it('leaves nothing labelled ten seconds after kill -9, and an intact store', async () => {
    using rig = longRig('echo ready; sleep 600', 'docker')
    using run = await startApply(rig)
    const runId = runIdOf(rig)
    run.kill('SIGKILL')
    await run.ended
    expect(await untilClean(runId, 10)).toBe('')
    expect((await rig.plan()).targets.find(({ id }) => id === 'quick:build')?.decision).toBe('current')
  })

  it('exits 143 when it is terminated', async () => {
    using rig = longRig('echo ready; sleep 600', 'docker')
    using run = await startApply(rig)
    const runId = runIdOf(rig)
    run.kill('SIGTERM')
    expect((await run.ended).code).toBe(143)
    expect(leftovers(runId)).toBe('')
  })
})
