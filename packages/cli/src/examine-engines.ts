import { loadWorkspace, findWorkspaceRoot, workTreeConfigFiles, workTreeGitFacts, type EngineChoice } from '@orchestrate/config'
import type { HostCheck } from '@orchestrate/core'
import type { ExaminedEngine } from '@orchestrate/report'
import { storeLocation } from '@orchestrate/store'
import { createDocker } from './connect-docker.ts'
import { createEmbedded } from './connect-embedded.ts'
import { type EngineSurroundings, type RunningEngine, surroundingsOf } from './connected-engine.ts'
import { decideEngine } from './engine-choice.ts'
import type { Invocation } from './invocation.ts'

export interface ExaminedEngines {
  /** In the order in which `auto` takes them; only the chosen one where one was chosen. */
  readonly engines: readonly ExaminedEngine[]
  /** The name of the one that would run builders, or null when none can. */
  readonly chosen: string | null
}

/** Tries every engine that the choice allows, one after the other: they share the machine. */
export async function examineEngines(invocation: Invocation, told: EngineChoice | null, signal: AbortSignal): Promise<ExaminedEngines> {
  const choice = decideEngine(told, told === null ? await workspaceChoice(invocation.directory, signal) : null)
  const { host } = invocation
  const surroundings = surroundingsOf(host, storeLocation(host.env, host.home))
  const engines: ExaminedEngine[] = []
  if (choice.kind !== 'embedded') engines.push({ name: 'docker', checks: await examineDocker(surroundings, signal) })
  if (choice.kind !== 'docker') {
    const runtime = choice.kind === 'embedded' ? choice.runtime : null
    engines.push({ name: 'embedded', checks: await examine(await createEmbedded(surroundings, runtime), signal) })
  }
  return { engines, chosen: engines.find(({ checks }) => checks.every(({ state }) => state !== 'broken'))?.name ?? null }
}

/** What the workspace says, where there is one that can be read: `validate` speaks of the others. */
async function workspaceChoice(directory: string, signal: AbortSignal): Promise<EngineChoice | null> {
  const root = await findWorkspaceRoot(directory)
  if (root === null) return null
  const cache = { load: () => null, save: () => undefined }
  const loaded = await loadWorkspace({ root }, { files: workTreeConfigFiles(root), cache, git: workTreeGitFacts(root), signal })
  return loaded.ok ? loaded.value.engine : null
}

async function examineDocker(surroundings: EngineSurroundings, signal: AbortSignal): Promise<readonly HostCheck[]> {
  const made = await createDocker(surroundings)
  if (made.ok) return examine(made.value, signal)
  return [{ subject: 'engine', state: 'broken', message: made.error.message, help: made.error.help }]
}

async function examine(engine: RunningEngine, signal: AbortSignal): Promise<readonly HostCheck[]> {
  try {
    return await engine.examine(signal)
  } finally {
    await engine.close()
  }
}
