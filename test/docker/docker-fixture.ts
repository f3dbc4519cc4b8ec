import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '@orchestrate/core'
import { createDockerEngine } from '@orchestrate/docker'
import type { RootFilesystem } from '@orchestrate/execute'
import {
  callDocker,
  DOCKER_SOCKET,
  dockerLeftovers,
  type EngineFacts,
  type EngineFixture,
  identifyProcess,
  renderSteps,
} from '@orchestrate/testkit'

/** The local Docker engine, which other tests and other runs use meanwhile. */
export const DOCKER_FACTS: EngineFacts = {
  uids: 'many',
  limitsPids: true,
  isShared: true,
  residentBytes: () => process.memoryUsage.rss(),
}

/** An engine of a test's own, in a directory of its own below `shared`. */
export async function openDocker(shared: string, root: RootFilesystem, sharesFiles = true): Promise<EngineFixture> {
  const directory = mkdtempSync(join(shared, 'test-'))
  const run = identifyProcess(`test-${directory.slice(-6)}`)
  const engine = createDockerEngine({
    host: { kind: 'unix', socketPath: DOCKER_SOCKET },
    run,
    reaperPath: null,
    spoolDirectory: join(directory, 'spool'),
    sharesFiles,
    clock: systemClock,
  })
  return {
    engine,
    run,
    root,
    directory,
    command: renderSteps,
    leftovers: dockerLeftovers,
    facts: DOCKER_FACTS,
    async [Symbol.asyncDispose]() {
      await engine.close()
      await removeCaches(directory)
    },
  }
}

/** Caches outlive runs: those of a test are told by their workspace, which begins with its directory. */
async function removeCaches(workspace: string): Promise<void> {
  const filters = encodeURIComponent(JSON.stringify({ label: ['dev.orchestrate.workspace'] }))
  const { Volumes } = (await callDocker('GET', `/volumes?filters=${filters}`)) as {
    readonly Volumes: readonly { readonly Name: string; readonly Labels: Readonly<Record<string, string>> }[] | null
  }
  for (const { Name, Labels } of Volumes ?? [])
    if (Labels['dev.orchestrate.workspace']?.startsWith(workspace) === true) await callDocker('DELETE', `/volumes/${Name}`)
}
