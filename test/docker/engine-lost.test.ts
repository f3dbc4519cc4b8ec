import { mkdtempSync, rmSync } from 'node:fs'
import {
  busyboxRoot,
  callDocker,
  connectTo,
  contractBuilder,
  type EngineFixture,
  identifyDeadProcess,
  identifyProcess,
  privateDaemon,
  renderSteps,
} from '@orchestrate/testkit'
import { expect, it } from 'vitest'
import { DOCKER_FACTS } from './docker-fixture.ts'

const never = new AbortController().signal

it('reports a builder as lost when the engine crashes under it, and the next run removes it when the engine is back', async () => {
  await using daemon = await privateDaemon()
  const directory = mkdtempSync('/tmp/orchestrate-lost-')
  const engine = connectTo(daemon)
  const fixture: EngineFixture = {
    engine,
    run: identifyProcess('lost-contract'),
    directory,
    root: busyboxRoot(directory),
    command: renderSteps,
    leftovers: async () => [],
    facts: DOCKER_FACTS,
    [Symbol.asyncDispose]: () => engine.close(),
  }
  const builder = contractBuilder(fixture, { run: identifyDeadProcess('lost'), steps: [{ do: 'never-end' }] })
  await engine.prepare(builder.root, never)
  const crashes: Promise<void>[] = []
  const crash = (): void => void crashes.push(daemon.crash())
  const result = await engine.run(builder, { stdout: crash, stderr: crash, stop: never, kill: never })
  await Promise.all(crashes)
  await daemon.restart()
  expect(result).toEqual({
    ok: false,
    error: {
      kind: 'environment',
      id: 'engine/lost',
      message: 'the engine was lost while builder "contract:build" ran',
      details: [],
      help: 'start the engine again and repeat the command',
    },
  })
  const later = connectTo(daemon)
  expect(await later.sweep(never)).toEqual({
    ok: true,
    value: [expect.stringMatching(/^orchestrate-lost-/), expect.stringMatching(/-out$/)],
  })
  expect(await callDocker('GET', '/containers/json?all=true', daemon.socketPath)).toEqual([])
  await later.close()
  rmSync(directory, { recursive: true })
})
