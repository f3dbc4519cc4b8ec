import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '@orchestrate/core'
import { createDockerEngine } from '@orchestrate/docker'
import {
  busyboxRoot,
  callDocker,
  DOCKER_SOCKET,
  dockerLeftovers,
  engineContract,
  type EngineFixture,
  identifyProcess,
  isolationContract,
  renderSteps,
} from '@orchestrate/testkit'
import { afterAll } from 'vitest'

const shared = mkdtempSync('/tmp/orchestrate-docker-')
const root = busyboxRoot(shared)

afterAll(() => rmSync(shared, { recursive: true }))

async function openDocker(): Promise<EngineFixture> {
  const directory = mkdtempSync(join(shared, 'test-'))
  const runId = `test-${directory.slice(-6)}`
  const engine = createDockerEngine({
    host: { kind: 'unix', socketPath: DOCKER_SOCKET },
    run: identifyProcess(runId),
    reaperPath: null,
    spoolDirectory: join(directory, 'spool'),
    clock: systemClock,
  })
  return {
    engine,
    root,
    directory,
    command: renderSteps,
    leftovers: dockerLeftovers,
    async [Symbol.asyncDispose]() {
      await engine.close()
      await removeCaches(directory)
    },
  }
}

engineContract('docker', openDocker)
isolationContract('docker', openDocker)

/** Caches outlive runs: those of a test are told by their workspace, which is its directory. */
async function removeCaches(workspace: string): Promise<void> {
  const filters = encodeURIComponent(JSON.stringify({ label: [`dev.orchestrate.workspace=${workspace}`] }))
  const { Volumes } = (await callDocker('GET', `/volumes?filters=${filters}`)) as {
    readonly Volumes: readonly { readonly Name: string }[] | null
  }
  for (const { Name } of Volumes ?? []) await callDocker('DELETE', `/volumes/${Name}`)
}
