import { mkdtempSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '@orchestrate/core'
import { createEmbeddedEngine } from '@orchestrate/embedded'
import type { RootFilesystem } from '@orchestrate/execute'
import { type EngineFixture, identifyProcess, renderSteps } from '@orchestrate/testkit'

/** An embedded engine of a test's own. Its root file systems and caches are below `shared`, as those of a user's runs are. */
export async function openEmbedded(shared: string, root: RootFilesystem, runtime: string | null = null): Promise<EngineFixture> {
  const directory = mkdtempSync(join(shared, 'test-'))
  const run = identifyProcess(`test-${directory.slice(-6)}`)
  const state = join(shared, 'engine')
  const engine = createEmbeddedEngine({
    runtime,
    directory: state,
    run,
    env: new Map(Object.entries({ PATH: process.env['PATH'] ?? '' })),
    uid: process.getuid?.() ?? 0,
    gid: process.getgid?.() ?? 0,
    clock: systemClock,
    progress: () => undefined,
  })
  const described = await engine.probe(new AbortController().signal)
  if (!described.ok) throw new Error([described.error.message, ...described.error.details].join('\n'))
  const { summary, unenforced } = described.value
  return {
    engine,
    run,
    root,
    directory,
    command: renderSteps,
    leftovers: async (runId) => [...leftovers(join(state, 'runs'), runId), ...cgroupsOf(runId)],
    facts: {
      uids: summary.endsWith('one uid') ? 'one' : 'many',
      limitsPids: !unenforced.some((line) => line.startsWith('pids:')),
      isShared: false,
      residentBytes: () => process.memoryUsage.rss(),
    },
    async [Symbol.asyncDispose]() {
      await engine.close()
    },
  }
}

/** Cgroups that a run has left, of whatever hierarchy and runtime. */
function cgroupsOf(runId: string): readonly string[] {
  const mounted = '/sys/fs/cgroup'
  return ['', ...readdirSync(mounted)].flatMap((hierarchy) => {
    const directory = join(mounted, hierarchy)
    if (!statSync(directory).isDirectory()) return []
    return readdirSync(directory).filter((name) => name.startsWith(`orchestrate-${runId}-`))
  })
}

/** Names of the containers that a run has left, of whatever process. */
function leftovers(runs: string, runId: string): readonly string[] {
  return readdirSync(runs, { encoding: 'utf8' })
    .filter((name) => name.endsWith(`.${runId}`))
    .flatMap((name) => readdirSync(join(runs, name)))
    .toSorted()
}
